// The list of kernels, the table that holds one instruction set's version of
// each, and the entry points that Go calls.
//
// Every kernel is written once, in the *_kernels.h files, over vectors of 16
// lanes (lanes.h), and compiled once per instruction set. All versions give
// the same bits: sums have one order, and every multiply-add that is fused is
// fused by name.
#ifndef TENSOR_KERNELS_H
#define TENSOR_KERNELS_H

#include <stdint.h>

// Binary operations of k_binary.
enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV };

// Activations, in the order of Go's Activation.
enum { ACT_GELU, ACT_GELU_TANH, ACT_RELU, ACT_TANH, ACT_SILU, ACT_SIGMOID };

// Bytes of a worker's scratch that k_gemm and the attention kernels use for
// packed operands, whatever the instruction set.
enum { SCRATCH_BYTES = 1 << 20 };

// One product dst[m,n] (+)= op(a)·op(b) (+ bias). Leading dimensions count
// floats; ta and tb say that the operand is stored transposed.
typedef struct {
	float *dst;
	const float *a, *b, *bias;
	int64_t ldd, lda, ldb;
	int64_t m, n, k;
	int32_t ta, tb, acc;
} gemm_args;

// One packed attention call; see attention_kernels.h.
typedef struct {
	const float *q, *k, *v, *pk, *pv, *dout;
	float *out, *probs;
	float *dq, *dk, *dv, *dpk, *dpv;
	const int32_t *offsets;
	int64_t prefix, heads, kv_heads, head_dim;
	float scale, dropout;
	uint64_t key0, key1;
	int32_t causal;
} attention_args;

// One AdamW step with its coefficients already combined.
typedef struct {
	float beta1, one_minus_beta1, beta2, one_minus_beta2;
	float keep, step_size, inv_sqrt_correction2, eps;
} adamw_args;

// KERNELS lists X(name, (parameters), (arguments)).
#define KERNELS(X) \
	X(gemm, (const gemm_args *g, float *scratch), (g, scratch)) \
	X(attention, (const attention_args *t, int64_t seq, int64_t head, int64_t probs_at, float *scratch), (t, seq, head, probs_at, scratch)) \
	X(attention_backward, (const attention_args *t, int64_t seq, int64_t kv_head, int64_t probs_at, float *scratch), (t, seq, kv_head, probs_at, scratch)) \
	X(binary, (int op, float *dst, const float *a, const float *b, int64_t n), (op, dst, a, b, n)) \
	X(axpy, (float *dst, const float *x, float alpha, int64_t n), (dst, x, alpha, n)) \
	X(scale, (float *dst, const float *x, float alpha, int64_t n), (dst, x, alpha, n)) \
	X(fill, (float *dst, float v, int64_t n), (dst, v, n)) \
	X(add_bias, (float *dst, const float *bias, int64_t rows, int64_t cols), (dst, bias, rows, cols)) \
	X(scale_columns, (float *dst, const float *x, const float *s, int64_t rows, int64_t cols), (dst, x, s, rows, cols)) \
	X(activate, (int f, float *dst, const float *x, int64_t n), (f, dst, x, n)) \
	X(activate_backward, (int f, float *dx, const float *dout, const float *x, int acc, int64_t n), (f, dx, dout, x, acc, n)) \
	X(swiglu, (float *dst, const float *gate, const float *up, int64_t n), (dst, gate, up, n)) \
	X(swiglu_backward, (float *dgate, float *dup, const float *dout, const float *gate, const float *up, int acc, int64_t n), (dgate, dup, dout, gate, up, acc, n)) \
	X(dropout, (float *dst, const float *x, const float *residual, float p, uint64_t key0, uint64_t key1, int64_t at, int64_t n), (dst, x, residual, p, key0, key1, at, n)) \
	X(rotary, (float *dst, const float *x, const int32_t *pos, const float *cosines, const float *sines, int64_t rows, int64_t cols, int64_t head_dim, int interleaved, int inverse), (dst, x, pos, cosines, sines, rows, cols, head_dim, interleaved, inverse)) \
	X(layer_norm, (float *dst, float *mean, float *rstd, const float *x, const float *w, const float *b, float eps, int64_t rows, int64_t cols), (dst, mean, rstd, x, w, b, eps, rows, cols)) \
	X(layer_norm_backward, (float *dx, float *dw, float *db, const float *dout, const float *x, const float *w, const float *mean, const float *rstd, int acc, int64_t rows, int64_t cols), (dx, dw, db, dout, x, w, mean, rstd, acc, rows, cols)) \
	X(rms_norm, (float *dst, float *rstd, const float *x, const float *w, float eps, int64_t rows, int64_t cols), (dst, rstd, x, w, eps, rows, cols)) \
	X(rms_norm_backward, (float *dx, float *dw, const float *dout, const float *x, const float *w, const float *rstd, int acc, int64_t rows, int64_t cols), (dx, dw, dout, x, w, rstd, acc, rows, cols)) \
	X(row_norms, (float *dst, const float *x, int64_t rows, int64_t cols), (dst, x, rows, cols)) \
	X(column_sum, (float *dst, const float *x, int64_t ld, int64_t rows, int64_t cols, int acc), (dst, x, ld, rows, cols, acc)) \
	X(column_dot, (float *dst, const float *x, const float *y, int64_t ld, int64_t rows, int64_t cols, int acc), (dst, x, y, ld, rows, cols, acc)) \
	X(scatter_add, (float *dst, const float *x, const int32_t *ids, int64_t ld, int64_t rows, int64_t cols), (dst, x, ids, ld, rows, cols)) \
	X(transpose, (float *dst, const float *x, int64_t ldd, int64_t ldx, int64_t rows, int64_t cols), (dst, x, ldd, ldx, rows, cols)) \
	X(segment_mean, (float *dst, const float *x, int64_t rows, int64_t cols), (dst, x, rows, cols)) \
	X(segment_max, (float *dst, int32_t *arg, const float *x, int64_t first, int64_t rows, int64_t cols), (dst, arg, x, first, rows, cols)) \
	X(sum_block, (double *dst, const float *x, int64_t n), (dst, x, n)) \
	X(squared_norm_block, (double *dst, const float *x, int64_t n), (dst, x, n)) \
	X(non_finite_block, (double *dst, const float *x, int64_t n), (dst, x, n)) \
	X(log_softmax, (float *dst, const float *x, int64_t rows, int64_t cols), (dst, x, rows, cols)) \
	X(cross_entropy, (float *loss, float *probs, const float *logits, const int32_t *labels, float smoothing, const float *weights, int64_t rows, int64_t cols), (loss, probs, logits, labels, smoothing, weights, rows, cols)) \
	X(cross_entropy_backward, (float *dlogits, const float *probs, const int32_t *labels, float smoothing, const float *weights, const float *scale, int64_t rows, int64_t cols), (dlogits, probs, labels, smoothing, weights, scale, rows, cols)) \
	X(bce, (float *loss, const float *logits, const float *targets, int64_t n), (loss, logits, targets, n)) \
	X(bce_backward, (float *dlogits, const float *logits, const float *targets, const float *scale, int64_t n), (dlogits, logits, targets, scale, n)) \
	X(mse, (float *loss, const float *x, const float *targets, int64_t n), (loss, x, targets, n)) \
	X(mse_backward, (float *dx, const float *x, const float *targets, const float *scale, int64_t n), (dx, x, targets, scale, n)) \
	X(adamw, (float *w, float *m, float *v, const float *g, const float *gscale, const adamw_args *c, int64_t n), (w, m, v, g, gscale, c, n)) \
	X(elementary, (int f, float *dst, const float *x, int64_t n), (f, dst, x, n))

typedef struct {
	const char *name;
#define FIELD(name, params, args) void (*name) params;
	KERNELS(FIELD)
#undef FIELD
} kernel_table;

extern const kernel_table kernels_portable;
#if defined(__x86_64__)
extern const kernel_table kernels_avx2, kernels_avx512;
#endif
#if defined(__aarch64__)
extern const kernel_table kernels_neon;
#endif

// k_name calls the chosen instruction set's version of a kernel.
#define DECLARE(name, params, args) void k_##name params;
KERNELS(DECLARE)
#undef DECLARE

// Instruction sets that this processor can run, fastest first.
int isa_count(void);
const char *isa_name(int i);
void isa_use(int i);

#endif
