// Softmax and the losses.

// row_max is the largest element of a row of at least one.
FORCE float row_max(const float *x, int64_t n)
{
	vf m = v_set(x[0]);
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		m = v_max(m, v_load(x + i));
	float best = v_largest(m);
	for (; i < n; i++)
		best = best > x[i] ? best : x[i];
	return best;
}

// row_exp sets dst to exp(alpha·x - max) and returns the sum.
FORCE float row_exp(float *dst, const float *x, float alpha, float max, int64_t n)
{
	vf sum = v_set(0.0f);
	for (int64_t i = 0; i < n; i += LANES) {
		vf e = v_exp(v_fma(v_set(alpha), v_load_some(x + i, n - i), v_set(-max)));
		v_store_some(dst + i, e, n - i);
		sum = v_add(sum, v_first(e, n - i));
	}
	return v_sum(sum);
}

// row_softmax sets dst to the softmax of alpha·x, alpha > 0; dst may be x.
FORCE void row_softmax(float *dst, const float *x, float alpha, int64_t n)
{
	float inverse = 1.0f / row_exp(dst, x, alpha, alpha * row_max(x, n), n);
	for (int64_t i = 0; i < n; i += LANES)
		v_store_some(dst + i, v_mul(v_load_some(dst + i, n - i), v_set(inverse)), n - i);
}

// row_exp_sum is Σ exp(x - max).
FORCE float row_exp_sum(const float *x, float max, int64_t n)
{
	vf sum = v_set(0.0f);
	for (int64_t i = 0; i < n; i += LANES) {
		vf e = v_exp(v_sub(v_load_some(x + i, n - i), v_set(max)));
		sum = v_add(sum, v_first(e, n - i));
	}
	return v_sum(sum);
}

static void log_softmax(float *dst, const float *x, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, x += cols, dst += cols) {
		float max = row_max(x, cols);
		float log_sum = log1(row_exp_sum(x, max, cols));
		for (int64_t i = 0; i < cols; i += LANES)
			v_store_some(dst + i, v_sub(v_sub(v_load_some(x + i, cols - i), v_set(max)), v_set(log_sum)), cols - i);
	}
}

// cross_entropy writes the softmax of each row into probs and, with weights w
// (null: ones) and smoothing s, the loss
//
//	(1-s)·w_y·(-log p_y) + s/C·Σ_c w_c·(-log p_c)
//
// A row with label -1 has loss 0 and zero probs.
static void cross_entropy(float *loss, float *probs, const float *logits, const int32_t *labels, float smoothing, const float *weights, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, logits += cols, probs += cols) {
		int32_t y = labels[r];
		if (y < 0) {
			loss[r] = 0.0f;
			memset(probs, 0, sizeof(float) * (size_t)cols);
			continue;
		}
		float max = row_max(logits, cols);
		// The label's logit is read first: probs may be logits.
		float at_label = logits[y];
		float spread = 0.0f;
		if (smoothing > 0.0f) {
			vf s = v_set(0.0f);
			for (int64_t i = 0; i < cols; i += LANES) {
				vf w = weights ? v_load_some(weights + i, cols - i) : v_first(v_set(1.0f), cols - i);
				s = v_fma(w, v_sub(v_set(max), v_load_some(logits + i, cols - i)), s);
			}
			spread = v_sum(s);
		}
		float sum = row_exp(probs, logits, 1.0f, max, cols);
		float inverse = 1.0f / sum;
		for (int64_t i = 0; i < cols; i += LANES)
			v_store_some(probs + i, v_mul(v_load_some(probs + i, cols - i), v_set(inverse)), cols - i);
		float log_sum = log1(sum);
		float l = (1.0f - smoothing) * (weights ? weights[y] : 1.0f) * (log_sum - (at_label - max));
		if (smoothing > 0.0f) {
			float total = weights ? row_sum(weights, cols) : (float)cols;
			l = l + smoothing / (float)cols * (spread + total * log_sum);
		}
		loss[r] = l;
	}
}

// cross_entropy_backward is the gradient of scale times the sum of the losses
// above. dlogits may be probs.
static void cross_entropy_backward(float *dlogits, const float *probs, const int32_t *labels, float smoothing, const float *weights, const float *scale, int64_t rows, int64_t cols)
{
	const float each = smoothing / (float)cols;
	const float total = weights && smoothing > 0.0f ? row_sum(weights, cols) : (float)cols;
	for (int64_t r = 0; r < rows; r++, probs += cols, dlogits += cols) {
		int32_t y = labels[r];
		if (y < 0) {
			memset(dlogits, 0, sizeof(float) * (size_t)cols);
			continue;
		}
		float own = (1.0f - smoothing) * (weights ? weights[y] : 1.0f);
		float factor = own + each * total;
		float at_label = probs[y];
		for (int64_t i = 0; i < cols; i += LANES) {
			vf d = v_mul(v_load_some(probs + i, cols - i), v_set(factor));
			if (smoothing > 0.0f)
				d = v_sub(d, weights ? v_mul(v_set(each), v_load_some(weights + i, cols - i)) : v_set(each));
			v_store_some(dlogits + i, v_mul(v_set(*scale), d), cols - i);
		}
		float d = at_label * factor;
		if (smoothing > 0.0f)
			d = d - (weights ? each * weights[y] : each);
		dlogits[y] = *scale * (d - own);
	}
}

// bce is max(x, 0) - x·t + log(1 + e^-|x|).
static void bce(float *loss, const float *logits, const float *targets, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf x = v_load_some(logits + i, n - i), t = v_load_some(targets + i, n - i);
		vf l = v_sub(v_max(v_set(0.0f), x), v_mul(x, t));
		v_store_some(loss + i, v_add(l, v_log1p(v_exp(v_neg(v_abs(x))))), n - i);
	}
}

static void bce_backward(float *dlogits, const float *logits, const float *targets, const float *scale, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf d = v_sub(v_sigmoid(v_load_some(logits + i, n - i)), v_load_some(targets + i, n - i));
		v_store_some(dlogits + i, v_mul(v_set(*scale), d), n - i);
	}
}

static void mse(float *loss, const float *x, const float *targets, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf d = v_sub(v_load_some(x + i, n - i), v_load_some(targets + i, n - i));
		v_store_some(loss + i, v_mul(d, d), n - i);
	}
}

static void mse_backward(float *dx, const float *x, const float *targets, const float *scale, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf d = v_sub(v_load_some(x + i, n - i), v_load_some(targets + i, n - i));
		v_store_some(dx + i, v_mul(v_set(2.0f * *scale), d), n - i);
	}
}
