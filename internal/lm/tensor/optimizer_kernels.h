// AdamW, one pass over four arrays.

static void adamw(float *w, float *m, float *v, const float *g, const float *gscale, const adamw_args *c, int64_t n)
{
	const vf factor = v_set(gscale ? *gscale : 1.0f);
	const vf beta1 = v_set(c->beta1), other1 = v_set(c->one_minus_beta1);
	const vf beta2 = v_set(c->beta2), other2 = v_set(c->one_minus_beta2);
	const vf keep = v_set(c->keep), step = v_set(-c->step_size);
	const vf correction = v_set(c->inv_sqrt_correction2), eps = v_set(c->eps);
	for (int64_t i = 0; i < n; i += LANES) {
		int64_t left = n - i;
		vf gi = v_mul(factor, v_load_some(g + i, left));
		vf mi = v_fma(beta1, v_load_some(m + i, left), v_mul(other1, gi));
		vf vi = v_fma(beta2, v_load_some(v + i, left), v_mul(other2, v_mul(gi, gi)));
		vf denominator = v_fma(v_sqrt(vi), correction, eps);
		vf wi = v_mul(keep, v_load_some(w + i, left));
		v_store_some(w + i, v_fma(step, v_div(mi, denominator), wi), left);
		v_store_some(m + i, mi, left);
		v_store_some(v + i, vi, left);
	}
}
