// Attention over packed sequences, one sequence and head at a time.
//
// The keys and values of a sequence are two segments: the prefix, shared by
// all sequences, and its own tokens. The scores of a sequence and head are a
// matrix [length, prefix + length].

// Query rows whose scores are computed together. Causal blocks are smaller, for
// half of the last one is computed in vain.
#define QUERY_BLOCK 128
#define CAUSAL_BLOCK 64

typedef struct {
	int64_t first, length, total; // first row, tokens, tokens + prefix
	int64_t ldq, ldk;             // floats between rows of q and of k
	int64_t q_at, k_at;           // first column of the head in q and in k
} head_place;

FORCE head_place place_of(const attention_args *t, int64_t seq, int64_t head)
{
	head_place h;
	h.first = t->offsets[seq];
	h.length = t->offsets[seq + 1] - h.first;
	h.total = t->prefix + h.length;
	h.ldq = t->heads * t->head_dim;
	h.ldk = t->kv_heads * t->head_dim;
	h.q_at = head * t->head_dim;
	h.k_at = head / (t->heads / t->kv_heads) * t->head_dim;
	return h;
}

// times_keys sets s[rows, cols] to x·keysᵀ for the first cols keys of both
// segments.
FORCE void times_keys(float *s, int64_t lds, const float *x, int64_t ldx, const float *prefix_keys, const float *keys, int64_t ldk, int64_t prefix, int64_t rows, int64_t cols, int64_t dim, float *scratch)
{
	if (prefix > 0)
		gemm(&(gemm_args){.dst = s, .ldd = lds, .a = x, .lda = ldx, .b = prefix_keys, .ldb = ldk, .tb = 1, .m = rows, .n = prefix, .k = dim}, scratch);
	gemm(&(gemm_args){.dst = s + prefix, .ldd = lds, .a = x, .lda = ldx, .b = keys, .ldb = ldk, .tb = 1, .m = rows, .n = cols - prefix, .k = dim}, scratch);
}

// times_values sets out[rows, dim] to p·values over the first cols values of
// both segments, prefix first.
FORCE void times_values(float *out, int64_t ldo, const float *p, int64_t ldp, const float *prefix_values, const float *values, int64_t ldv, int64_t prefix, int64_t rows, int64_t cols, int64_t dim, float *scratch)
{
	if (prefix > 0)
		gemm(&(gemm_args){.dst = out, .ldd = ldo, .a = p, .lda = ldp, .b = prefix_values, .ldb = ldv, .m = rows, .n = dim, .k = prefix}, scratch);
	gemm(&(gemm_args){.dst = out, .ldd = ldo, .a = p + prefix, .lda = ldp, .b = values, .ldb = ldv, .m = rows, .n = dim, .k = cols - prefix, .acc = prefix > 0}, scratch);
}

// drop sets dst to the row x after dropout; at is the index of its first
// element in the tensor of probabilities.
FORCE void drop(float *dst, const float *x, const attention_args *t, int64_t at, int64_t n)
{
	dropout(dst, x, 0, t->dropout, t->key0, t->key1, at, n);
}

// attention computes one head of one sequence. Its probabilities start at
// probs_at in the tensor of all; without that tensor they live in scratch,
// SCRATCH_BYTES and then QUERY_BLOCK·(prefix + length) floats.
static void attention(const attention_args *t, int64_t seq, int64_t head, int64_t probs_at, float *scratch)
{
	const head_place h = place_of(t, seq, head);
	float *block = scratch + SCRATCH_BYTES / sizeof(float);
	const int64_t step = t->causal ? CAUSAL_BLOCK : QUERY_BLOCK;
	for (int64_t r0 = 0; r0 < h.length; r0 += step) {
		const int64_t r1 = r0 + step < h.length ? r0 + step : h.length;
		const int64_t cols = t->causal ? t->prefix + r1 : h.total;
		const float *q = t->q + (h.first + r0) * h.ldq + h.q_at;
		float *p = t->probs ? t->probs + probs_at + r0 * h.total : block;
		times_keys(p, h.total, q, h.ldq, t->pk + h.k_at, t->k + h.first * h.ldk + h.k_at, h.ldk, t->prefix, r1 - r0, cols, t->head_dim, scratch);
		for (int64_t r = r0; r < r1; r++) {
			float *row = p + (r - r0) * h.total;
			const int64_t n = t->causal ? t->prefix + r + 1 : h.total;
			row_softmax(row, row, t->scale, n);
			fill(row + n, 0.0f, h.total - n);
			if (t->dropout > 0.0f)
				drop(block + (r - r0) * h.total, row, t, probs_at + r * h.total, h.total);
		}
		float *out = t->out + (h.first + r0) * h.ldq + h.q_at;
		times_values(out, h.ldq, t->dropout > 0.0f ? block : p, h.total, t->pv + h.k_at, t->v + h.first * h.ldk + h.k_at, h.ldk, t->prefix, r1 - r0, cols, t->head_dim, scratch);
	}
}

// attention_backward computes the gradients of one key head of one sequence
// and of all query heads that share it, in their order. dq, dk and dv are
// overwritten; dpk and dpv (null: not wanted) are this sequence's own parts.
// probs_at is that of the first query head; scratch has SCRATCH_BYTES and then
// 2·length·(prefix + length) floats.
static void attention_backward(const attention_args *t, int64_t seq, int64_t kv_head, int64_t probs_at, float *scratch)
{
	const int64_t group = t->heads / t->kv_heads, dim = t->head_dim, prefix = t->prefix;
	for (int64_t member = 0; member < group; member++) {
		const head_place h = place_of(t, seq, kv_head * group + member);
		float *ds = scratch + SCRATCH_BYTES / sizeof(float);
		float *dropped = ds + h.length * h.total;
		const float *probs = t->probs + probs_at + member * h.length * h.total;
		const float *dout = t->dout + h.first * h.ldq + h.q_at;
		const float *q = t->q + h.first * h.ldq + h.q_at;
		const float *pk = t->pk + h.k_at, *pv = t->pv + h.k_at;
		const int64_t own = h.first * h.ldk + h.k_at;
		times_keys(ds, h.total, dout, h.ldq, pv, t->v + own, h.ldk, prefix, h.length, h.total, dim, scratch);
		for (int64_t r = 0; r < h.length; r++) {
			// dS = scale · P∘(dP - Σ P∘dP), where dP passed through the dropout.
			const float *p = probs + r * h.total;
			float *d = ds + r * h.total, *after = dropped + r * h.total;
			const int64_t n = t->causal ? prefix + r + 1 : h.total;
			if (t->dropout > 0.0f) {
				const int64_t at = probs_at + (member * h.length + r) * h.total;
				drop(after, p, t, at, h.total);
				drop(d, d, t, at, h.total);
			}
			const vf dot = v_set(row_dot(p, d, n)), factor = v_set(t->scale);
			for (int64_t i = 0; i < n; i += LANES) {
				vf y = v_mul(v_load_some(p + i, n - i), v_sub(v_load_some(d + i, n - i), dot));
				v_store_some(d + i, v_mul(y, factor), n - i);
			}
			fill(d + n, 0.0f, h.total - n);
		}
		const float *p = t->dropout > 0.0f ? dropped : probs;
		const int acc = member > 0;
		times_values(t->dq + h.first * h.ldq + h.q_at, h.ldq, ds, h.total, pk, t->k + own, h.ldk, prefix, h.length, h.total, dim, scratch);
		gemm(&(gemm_args){.dst = t->dk + own, .ldd = h.ldk, .a = ds + prefix, .lda = h.total, .ta = 1, .b = q, .ldb = h.ldq, .m = h.length, .n = dim, .k = h.length, .acc = acc}, scratch);
		gemm(&(gemm_args){.dst = t->dv + own, .ldd = h.ldk, .a = p + prefix, .lda = h.total, .ta = 1, .b = dout, .ldb = h.ldq, .m = h.length, .n = dim, .k = h.length, .acc = acc}, scratch);
		if (t->dpk)
			gemm(&(gemm_args){.dst = t->dpk + h.k_at, .ldd = h.ldk, .a = ds, .lda = h.total, .ta = 1, .b = q, .ldb = h.ldq, .m = prefix, .n = dim, .k = h.length, .acc = acc}, scratch);
		if (t->dpv)
			gemm(&(gemm_args){.dst = t->dpv + h.k_at, .ldd = h.ldk, .a = p, .lda = h.total, .ta = 1, .b = dout, .ldb = h.ldq, .m = prefix, .n = dim, .k = h.length, .acc = acc}, scratch);
	}
}
