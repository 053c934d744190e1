// Vectors of 16 float lanes, made of 16/W native vectors.
//
// All functions here are inlined by force, so that no vector type ever crosses
// a call whose convention depends on the instruction set.

#define FORCE static inline __attribute__((always_inline))
#define LANES 16
#define PIECES (LANES / W)
#define UNROLL_PIECES _Pragma("GCC unroll 4")

typedef float vn __attribute__((vector_size(4 * W)));
typedef int32_t vni __attribute__((vector_size(4 * W)));
typedef uint32_t vnu __attribute__((vector_size(4 * W)));
typedef float vn_unaligned __attribute__((vector_size(4 * W), aligned(4), may_alias));

typedef struct { vn p[PIECES]; } vf;   // 16 floats
typedef struct { vni p[PIECES]; } vi;  // 16 signed integers; masks are 0 or -1
typedef struct { vnu p[PIECES]; } vu;  // 16 unsigned integers

#define EACH(type, expression) \
	do { \
		UNROLL_PIECES for (int i = 0; i < PIECES; i++) r.p[i] = (type)(expression); \
	} while (0)

// fma1 is one fused multiply-add, rounded once.
FORCE float fma1(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

// x - 0 is x, also for -0.
FORCE vn n_set(float x) { return x - (vn){0}; }
FORCE vn n_load(const float *p) { return (vn) * (const vn_unaligned *)p; }
FORCE void n_store(float *p, vn x) { *(vn_unaligned *)p = (vn_unaligned)x; }

#ifdef N_FMA
FORCE vn n_fma(vn a, vn b, vn c) { return N_FMA(a, b, c); }
#else
// Out of line: inlined, its calls of fmaf would be half a minute of compiling.
static __attribute__((noinline)) vn n_fma(vn a, vn b, vn c)
{
	for (int i = 0; i < W; i++)
		c[i] = fma1(a[i], b[i], c[i]);
	return c;
}
#endif

FORCE vn n_select(vni mask, vn a, vn b) { return (vn)(((vni)a & mask) | ((vni)b & ~mask)); }

// The maximum is a > b ? a : b, and the minimum a < b ? a : b: where either is
// NaN the second one is taken, on every instruction set.
#ifdef N_MAX
FORCE vn n_max(vn a, vn b) { return N_MAX(a, b); }
FORCE vn n_min(vn a, vn b) { return N_MIN(a, b); }
#else
FORCE vn n_max(vn a, vn b) { return n_select((vni)(a > b), a, b); }
FORCE vn n_min(vn a, vn b) { return n_select((vni)(a < b), a, b); }
#endif

#ifdef N_SQRT
FORCE vn n_sqrt(vn a) { return N_SQRT(a); }
#else
FORCE vn n_sqrt(vn a)
{
	for (int i = 0; i < W; i++)
		a[i] = __builtin_sqrtf(a[i]);
	return a;
}
#endif

FORCE vf v_set(float x) { vf r; EACH(vn, n_set(x)); return r; }
FORCE vf v_load(const float *x) { vf r; EACH(vn, n_load(x + i * W)); return r; }
FORCE void v_store(float *x, vf a) { UNROLL_PIECES for (int i = 0; i < PIECES; i++) n_store(x + i * W, a.p[i]); }
FORCE vf v_add(vf a, vf b) { vf r; EACH(vn, a.p[i] + b.p[i]); return r; }
FORCE vf v_sub(vf a, vf b) { vf r; EACH(vn, a.p[i] - b.p[i]); return r; }
FORCE vf v_mul(vf a, vf b) { vf r; EACH(vn, a.p[i] * b.p[i]); return r; }
FORCE vf v_div(vf a, vf b) { vf r; EACH(vn, a.p[i] / b.p[i]); return r; }
FORCE vf v_fma(vf a, vf b, vf c) { vf r; EACH(vn, n_fma(a.p[i], b.p[i], c.p[i])); return r; }
FORCE vf v_max(vf a, vf b) { vf r; EACH(vn, n_max(a.p[i], b.p[i])); return r; }
FORCE vf v_min(vf a, vf b) { vf r; EACH(vn, n_min(a.p[i], b.p[i])); return r; }
FORCE vf v_sqrt(vf a) { vf r; EACH(vn, n_sqrt(a.p[i])); return r; }
FORCE vf v_neg(vf a) { vf r; EACH(vn, (vni)a.p[i] ^ INT32_MIN); return r; }
FORCE vf v_abs(vf a) { vf r; EACH(vn, (vni)a.p[i] & INT32_MAX); return r; }
FORCE vf v_copysign(vf a, vf b) { vf r; EACH(vn, ((vni)a.p[i] & INT32_MAX) | ((vni)b.p[i] & INT32_MIN)); return r; }
FORCE vi v_gt(vf a, vf b) { vi r; EACH(vni, a.p[i] > b.p[i]); return r; }
FORCE vf v_select(vi m, vf a, vf b) { vf r; EACH(vn, n_select(m.p[i], a.p[i], b.p[i])); return r; }

// Integer views and arithmetic.
FORCE vi v_bits(vf a) { vi r; EACH(vni, a.p[i]); return r; }
FORCE vf v_float(vi a) { vf r; EACH(vn, a.p[i]); return r; }
FORCE vi vi_set(int32_t x) { vi r; EACH(vni, (vni){0} + x); return r; }
FORCE vi vi_add(vi a, vi b) { vi r; EACH(vni, a.p[i] + b.p[i]); return r; }
FORCE vi vi_sub(vi a, vi b) { vi r; EACH(vni, a.p[i] - b.p[i]); return r; }
FORCE vi vi_and(vi a, vi b) { vi r; EACH(vni, a.p[i] & b.p[i]); return r; }
FORCE vi vi_shl(vi a, int s) { vi r; EACH(vni, a.p[i] << s); return r; }
FORCE vi vi_sar(vi a, int s) { vi r; EACH(vni, a.p[i] >> s); return r; }
FORCE vf v_from_int(vi a) { vf r; EACH(vn, __builtin_convertvector(a.p[i], vn)); return r; }

// copy_some copies n floats, less than 16. Out of line: it stands at the end of
// nearly every loop.
static __attribute__((noinline)) void copy_some(float *dst, const float *x, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		dst[i] = x[i];
}

// v_load_some reads min(n, 16) floats and pads with zeros; v_store_some writes
// as many.
FORCE vf v_load_some(const float *x, int64_t n)
{
	if (n >= LANES)
		return v_load(x);
	float t[LANES] = {0};
	copy_some(t, x, n);
	return v_load(t);
}

FORCE void v_store_some(float *x, vf a, int64_t n)
{
	if (n >= LANES) {
		v_store(x, a);
		return;
	}
	float t[LANES];
	v_store(t, a);
	copy_some(x, t, n);
}

// v_first keeps the first n lanes and sets the others to zero.
FORCE vf v_first(vf a, int64_t n)
{
	if (n >= LANES)
		return a;
	float t[LANES], kept[LANES] = {0};
	v_store(t, a);
	copy_some(kept, t, n);
	return v_load(kept);
}

typedef float v4 __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

FORCE v4 v4_max(v4 a, v4 b)
{
	v4i larger = (v4i)(a > b);
	return (v4)(((v4i)a & larger) | ((v4i)b & ~larger));
}

// v_quarters gives the lanes 0-3, 4-7, 8-11 and 12-15.
FORCE void v_quarters(vf a, v4 q[4])
{
#if W == 16
	q[0] = __builtin_shufflevector(a.p[0], a.p[0], 0, 1, 2, 3);
	q[1] = __builtin_shufflevector(a.p[0], a.p[0], 4, 5, 6, 7);
	q[2] = __builtin_shufflevector(a.p[0], a.p[0], 8, 9, 10, 11);
	q[3] = __builtin_shufflevector(a.p[0], a.p[0], 12, 13, 14, 15);
#elif W == 8
	q[0] = __builtin_shufflevector(a.p[0], a.p[0], 0, 1, 2, 3);
	q[1] = __builtin_shufflevector(a.p[0], a.p[0], 4, 5, 6, 7);
	q[2] = __builtin_shufflevector(a.p[1], a.p[1], 0, 1, 2, 3);
	q[3] = __builtin_shufflevector(a.p[1], a.p[1], 4, 5, 6, 7);
#else
	for (int i = 0; i < 4; i++)
		q[i] = a.p[i];
#endif
}

// v_sum adds the 16 lanes in one fixed tree: lane i to lane i+8, then i+4,
// i+2, i+1.
FORCE float v_sum(vf a)
{
	v4 q[4];
	v_quarters(a, q);
	v4 s = (q[0] + q[2]) + (q[1] + q[3]);
	return (s[0] + s[2]) + (s[1] + s[3]);
}

// v_largest is the largest lane, by the tree of v_sum.
FORCE float v_largest(vf a)
{
	v4 q[4];
	v_quarters(a, q);
	v4 s = v4_max(v4_max(q[0], q[2]), v4_max(q[1], q[3]));
	float x = s[0] > s[2] ? s[0] : s[2], y = s[1] > s[3] ? s[1] : s[3];
	return x > y ? x : y;
}
