// Products of a few rows, as in a decoding step. Every element of b is used so
// few times that packing it costs more than the arithmetic: b is read once, in
// the order in which it lies.

#define THIN_ROWS 4
#define THIN_COLUMNS 1024 // of dst in the first-level cache
#define THIN_STEP 4       // rows of b per load of dst

// where a[i, k] lies: a[i·row + k·step].
typedef struct { int64_t row, step; } thin_strides;

// thin_by_rows: op(b) is b, whose rows are added to those of dst, THIN_STEP at a
// time.
FORCE void thin_by_rows(const int rows, const gemm_args *g, thin_strides s)
{
	for (int64_t j0 = 0; j0 < g->n; j0 += THIN_COLUMNS) {
		const int64_t n = g->n - j0 < THIN_COLUMNS ? g->n - j0 : THIN_COLUMNS;
		for (int64_t k0 = 0; k0 < g->k; k0 += THIN_STEP) {
			const int steps = g->k - k0 < THIN_STEP ? (int)(g->k - k0) : THIN_STEP;
			const float *a = g->a + k0 * s.step, *b = g->b + k0 * g->ldb + j0;
			float *dst = g->dst + j0;
			const int from_zero = k0 == 0 && !g->acc;
			for (int64_t j = 0; j < n; j += LANES) {
				const int64_t left = n - j;
				vf c[THIN_ROWS];
				for (int i = 0; i < rows; i++)
					c[i] = from_zero ? v_set(0.0f) : v_load_some(dst + i * g->ldd + j, left);
				for (int k = 0; k < steps; k++) {
					const vf y = v_load_some(b + k * g->ldb + j, left);
					for (int i = 0; i < rows; i++)
						c[i] = v_fma(v_set(a[i * s.row + k * s.step]), y, c[i]);
				}
				for (int i = 0; i < rows; i++)
					v_store_some(dst + i * g->ldd + j, c[i], left);
			}
		}
	}
}

// thin_block continues the chains c with W columns of b, whose rows are the
// columns of the product, transposed in registers.
FORCE void thin_block(const int rows, vn *c, const float *a, thin_strides s, const float *b, int64_t ldb)
{
	vn r[W];
	_Pragma("GCC unroll 16") for (int i = 0; i < W; i++)
		r[i] = n_load(b + i * ldb);
	SQUARE_TRANSPOSE
	_Pragma("GCC unroll 16") for (int k = 0; k < W; k++)
		for (int i = 0; i < rows; i++)
			c[i] = n_fma(n_set(a[i * s.row + k * s.step]), r[k], c[i]);
}

// thin_by_columns: op(b) is the transpose of b. Columns and steps that fill no
// square are computed one by one.
FORCE void thin_by_columns(const int rows, const gemm_args *g, thin_strides s)
{
	const int64_t whole_n = g->n / W * W, whole_k = g->k / W * W;
	for (int64_t j = 0; j < whole_n; j += W) {
		vn c[THIN_ROWS];
		for (int i = 0; i < rows; i++)
			c[i] = g->acc ? n_load(g->dst + i * g->ldd + j) : n_set(0.0f);
		for (int64_t k = 0; k < whole_k; k += W)
			thin_block(rows, c, g->a + k * s.step, s, g->b + j * g->ldb + k, g->ldb);
		for (int i = 0; i < rows; i++)
			n_store(g->dst + i * g->ldd + j, c[i]);
	}
	for (int64_t j = 0; j < g->n; j++)
		for (int i = 0; i < rows; i++) {
			float *dst = g->dst + i * g->ldd + j;
			const int64_t first = j < whole_n ? whole_k : 0;
			float c = first > 0 || g->acc ? *dst : 0.0f;
			for (int64_t k = first; k < g->k; k++)
				c = fma1(g->a[i * s.row + k * s.step], g->b[j * g->ldb + k], c);
			*dst = c;
		}
}

FORCE void thin_as(const int rows, const gemm_args *g)
{
	const thin_strides s = g->ta ? (thin_strides){1, g->lda} : (thin_strides){g->lda, 1};
	if (g->tb)
		thin_by_columns(rows, g, s);
	else
		thin_by_rows(rows, g, s);
	if (g->bias)
		for (int i = 0; i < rows; i++)
			binary(OP_ADD, g->dst + i * g->ldd, g->dst + i * g->ldd, g->bias, g->n);
}

// thin_gemm computes a product of at most THIN_ROWS rows.
static void thin_gemm(const gemm_args *g)
{
	switch (g->m) {
	case 1: thin_as(1, g); break;
	case 2: thin_as(2, g); break;
	case 3: thin_as(3, g); break;
	case 4: thin_as(4, g); break;
	}
}
