// Kernels that treat each element, or each row against one vector, alone.

static void binary(int op, float *dst, const float *a, const float *b, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf x = v_load_some(a + i, n - i), y = v_load_some(b + i, n - i);
		switch (op) {
		case OP_ADD: x = v_add(x, y); break;
		case OP_SUB: x = v_sub(x, y); break;
		case OP_MUL: x = v_mul(x, y); break;
		default: x = v_div(x, y); break;
		}
		v_store_some(dst + i, x, n - i);
	}
}

static void axpy(float *dst, const float *x, float alpha, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store_some(dst + i, v_fma(v_set(alpha), v_load_some(x + i, n - i), v_load_some(dst + i, n - i)), n - i);
}

static void scale(float *dst, const float *x, float alpha, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store_some(dst + i, v_mul(v_set(alpha), v_load_some(x + i, n - i)), n - i);
}

static void fill(float *dst, float v, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store_some(dst + i, v_set(v), n - i);
}

static void add_bias(float *dst, const float *bias, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++)
		binary(OP_ADD, dst + r * cols, dst + r * cols, bias, cols);
}

static void scale_columns(float *dst, const float *x, const float *s, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++)
		binary(OP_MUL, dst + r * cols, x + r * cols, s, cols);
}

// Constants of the two forms of GELU.
#define SQRT_HALF 0.7071067811865476f
#define INV_SQRT_2PI 0.3989422804014327f
#define SQRT_2_OVER_PI 0.7978845608028654f
#define GELU_CUBIC 0.044715f

FORCE vf gelu_tanh_inner(vf x)
{
	vf x2 = v_mul(x, x);
	return v_mul(v_mul(v_set(SQRT_2_OVER_PI), x), v_fma(v_set(GELU_CUBIC), x2, v_set(1.0f)));
}

FORCE vf activation(int f, vf x)
{
	const vf one = v_set(1.0f), half = v_set(0.5f);
	switch (f) {
	case ACT_GELU:
		return v_mul(v_mul(half, x), v_add(one, v_erf(v_mul(x, v_set(SQRT_HALF)))));
	case ACT_GELU_TANH:
		return v_mul(v_mul(half, x), v_add(one, v_tanh(gelu_tanh_inner(x))));
	case ACT_RELU:
		return v_max(v_set(0.0f), x);
	case ACT_TANH:
		return v_tanh(x);
	case ACT_SILU:
		return v_mul(x, v_sigmoid(x));
	default:
		return v_sigmoid(x);
	}
}

// activation_slope is the derivative at x.
FORCE vf activation_slope(int f, vf x)
{
	const vf one = v_set(1.0f), half = v_set(0.5f);
	switch (f) {
	case ACT_GELU: {
		vf cdf = v_mul(half, v_add(one, v_erf(v_mul(x, v_set(SQRT_HALF)))));
		vf pdf = v_mul(v_set(INV_SQRT_2PI), v_exp(v_mul(v_mul(v_set(-0.5f), x), x)));
		return v_fma(x, pdf, cdf);
	}
	case ACT_GELU_TANH: {
		vf t = v_tanh(gelu_tanh_inner(x));
		vf inner = v_mul(v_set(SQRT_2_OVER_PI), v_fma(v_set(3.0f * GELU_CUBIC), v_mul(x, x), one));
		vf slope = v_mul(v_sub(one, v_mul(t, t)), inner);
		return v_mul(half, v_add(v_add(one, t), v_mul(x, slope)));
	}
	case ACT_RELU:
		return v_select(v_gt(x, v_set(0.0f)), one, v_set(0.0f));
	case ACT_TANH: {
		vf t = v_tanh(x);
		return v_sub(one, v_mul(t, t));
	}
	case ACT_SILU: {
		vf s = v_sigmoid(x);
		return v_mul(s, v_fma(x, v_sub(one, s), one));
	}
	default: {
		vf s = v_sigmoid(x);
		return v_mul(s, v_sub(one, s));
	}
	}
}

FORCE void activate_as(int f, float *dst, const float *x, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store_some(dst + i, activation(f, v_load_some(x + i, n - i)), n - i);
}

FORCE void activate_backward_as(int f, float *dx, const float *dout, const float *x, int acc, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf d = v_mul(v_load_some(dout + i, n - i), activation_slope(f, v_load_some(x + i, n - i)));
		if (acc)
			d = v_add(v_load_some(dx + i, n - i), d);
		v_store_some(dx + i, d, n - i);
	}
}

// The switches stand outside the loops: each case is a loop of its own.
static void activate(int f, float *dst, const float *x, int64_t n)
{
	switch (f) {
	case ACT_GELU: activate_as(ACT_GELU, dst, x, n); break;
	case ACT_GELU_TANH: activate_as(ACT_GELU_TANH, dst, x, n); break;
	case ACT_RELU: activate_as(ACT_RELU, dst, x, n); break;
	case ACT_TANH: activate_as(ACT_TANH, dst, x, n); break;
	case ACT_SILU: activate_as(ACT_SILU, dst, x, n); break;
	default: activate_as(ACT_SIGMOID, dst, x, n); break;
	}
}

static void activate_backward(int f, float *dx, const float *dout, const float *x, int acc, int64_t n)
{
	switch (f) {
	case ACT_GELU: activate_backward_as(ACT_GELU, dx, dout, x, acc, n); break;
	case ACT_GELU_TANH: activate_backward_as(ACT_GELU_TANH, dx, dout, x, acc, n); break;
	case ACT_RELU: activate_backward_as(ACT_RELU, dx, dout, x, acc, n); break;
	case ACT_TANH: activate_backward_as(ACT_TANH, dx, dout, x, acc, n); break;
	case ACT_SILU: activate_backward_as(ACT_SILU, dx, dout, x, acc, n); break;
	default: activate_backward_as(ACT_SIGMOID, dx, dout, x, acc, n); break;
	}
}

static void swiglu(float *dst, const float *gate, const float *up, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf g = v_load_some(gate + i, n - i);
		v_store_some(dst + i, v_mul(activation(ACT_SILU, g), v_load_some(up + i, n - i)), n - i);
	}
}

static void swiglu_backward(float *dgate, float *dup, const float *dout, const float *gate, const float *up, int acc, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf g = v_load_some(gate + i, n - i), u = v_load_some(up + i, n - i), d = v_load_some(dout + i, n - i);
		vf dg = v_mul(v_mul(d, u), activation_slope(ACT_SILU, g));
		vf du = v_mul(d, activation(ACT_SILU, g));
		if (acc) {
			dg = v_add(v_load_some(dgate + i, n - i), dg);
			du = v_add(v_load_some(dup + i, n - i), du);
		}
		v_store_some(dgate + i, dg, n - i);
		v_store_some(dup + i, du, n - i);
	}
}

// scatter_add adds row i of x to row ids[i] of dst, for cols columns of
// matrices whose rows are ld apart. Rows come in order.
static void scatter_add(float *dst, const float *x, const int32_t *ids, int64_t ld, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++) {
		float *d = dst + ids[r] * ld;
		binary(OP_ADD, d, d, x + r * ld, cols);
	}
}
