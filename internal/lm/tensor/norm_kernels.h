// Layer norm and RMS norm over rows.

static void layer_norm(float *dst, float *mean, float *rstd, const float *x, const float *w, const float *b, float eps, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, x += cols, dst += cols) {
		float m = row_sum(x, cols) / (float)cols;
		// The variance is summed from the differences: no cancellation.
		vf s = v_set(0.0f);
		for (int64_t i = 0; i < cols; i += LANES) {
			vf d = v_first(v_sub(v_load_some(x + i, cols - i), v_set(m)), cols - i);
			s = v_fma(d, d, s);
		}
		float inverse = 1.0f / __builtin_sqrtf(v_sum(s) / (float)cols + eps);
		for (int64_t i = 0; i < cols; i += LANES) {
			vf n = v_mul(v_sub(v_load_some(x + i, cols - i), v_set(m)), v_set(inverse));
			v_store_some(dst + i, v_fma(n, v_load_some(w + i, cols - i), v_load_some(b + i, cols - i)), cols - i);
		}
		mean[r] = m;
		rstd[r] = inverse;
	}
}

// layer_norm_backward handles at most SEGMENT rows. dw and db (null: not
// wanted) are added to, row by row.
static void layer_norm_backward(float *dx, float *dw, float *db, const float *dout, const float *x, const float *w, const float *mean, const float *rstd, int acc, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, x += cols, dout += cols) {
		const vf m = v_set(mean[r]), s = v_set(rstd[r]);
		vf sum_d = v_set(0.0f), sum_dn = v_set(0.0f);
		for (int64_t i = 0; i < cols; i += LANES) {
			int64_t left = cols - i;
			vf g = v_load_some(dout + i, left);
			vf n = v_mul(v_sub(v_load_some(x + i, left), m), s);
			vf d = v_mul(g, v_load_some(w + i, left));
			sum_d = v_add(sum_d, d);
			sum_dn = v_fma(d, n, sum_dn);
			if (dw)
				v_store_some(dw + i, v_fma(g, n, v_load_some(dw + i, left)), left);
			if (db)
				v_store_some(db + i, v_add(g, v_load_some(db + i, left)), left);
		}
		if (!dx)
			continue;
		const vf mean_d = v_set(v_sum(sum_d) / (float)cols), mean_dn = v_set(v_sum(sum_dn) / (float)cols);
		float *out = dx + r * cols;
		for (int64_t i = 0; i < cols; i += LANES) {
			int64_t left = cols - i;
			vf n = v_mul(v_sub(v_load_some(x + i, left), m), s);
			vf d = v_mul(v_load_some(dout + i, left), v_load_some(w + i, left));
			vf y = v_mul(s, v_sub(v_sub(d, mean_d), v_mul(n, mean_dn)));
			if (acc)
				y = v_add(v_load_some(out + i, left), y);
			v_store_some(out + i, y, left);
		}
	}
}

static void rms_norm(float *dst, float *rstd, const float *x, const float *w, float eps, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, x += cols, dst += cols) {
		float inverse = 1.0f / __builtin_sqrtf(row_dot(x, x, cols) / (float)cols + eps);
		for (int64_t i = 0; i < cols; i += LANES)
			v_store_some(dst + i, v_mul(v_mul(v_load_some(x + i, cols - i), v_set(inverse)), v_load_some(w + i, cols - i)), cols - i);
		rstd[r] = inverse;
	}
}

// rms_norm_backward handles at most SEGMENT rows; dw (null: not wanted) is
// added to, row by row.
static void rms_norm_backward(float *dx, float *dw, const float *dout, const float *x, const float *w, const float *rstd, int acc, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++, x += cols, dout += cols) {
		const vf s = v_set(rstd[r]);
		vf sum_dn = v_set(0.0f);
		for (int64_t i = 0; i < cols; i += LANES) {
			int64_t left = cols - i;
			vf g = v_load_some(dout + i, left);
			vf n = v_mul(v_load_some(x + i, left), s);
			sum_dn = v_fma(v_mul(g, v_load_some(w + i, left)), n, sum_dn);
			if (dw)
				v_store_some(dw + i, v_fma(g, n, v_load_some(dw + i, left)), left);
		}
		if (!dx)
			continue;
		const vf mean_dn = v_set(v_sum(sum_dn) / (float)cols);
		float *out = dx + r * cols;
		for (int64_t i = 0; i < cols; i += LANES) {
			int64_t left = cols - i;
			vf n = v_mul(v_load_some(x + i, left), s);
			vf d = v_mul(v_load_some(dout + i, left), v_load_some(w + i, left));
			vf y = v_mul(s, v_sub(d, v_mul(n, mean_dn)));
			if (acc)
				y = v_add(v_load_some(out + i, left), y);
			v_store_some(out + i, y, left);
		}
	}
}
