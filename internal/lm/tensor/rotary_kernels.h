// Rotary position embedding.

// rotary turns each pair (a, b) of a head by the angle of its position:
// a' = a·cos - b·sin, b' = b·cos + a·sin. Pairs are neighbours (interleaved)
// or lie half a head apart. dst may be x.
static void rotary(float *dst, const float *x, const int32_t *pos, const float *cosines, const float *sines, int64_t rows, int64_t cols, int64_t head_dim, int interleaved, int inverse)
{
	const int64_t half = head_dim / 2;
	for (int64_t r = 0; r < rows; r++) {
		const float *c = cosines + pos[r] * half, *s = sines + pos[r] * half;
		for (int64_t h = r * cols; h < (r + 1) * cols; h += head_dim) {
			if (interleaved) {
				for (int64_t i = 0; i < half; i++) {
					float sine = inverse ? -s[i] : s[i];
					float a = x[h + 2 * i], b = x[h + 2 * i + 1];
					dst[h + 2 * i] = fma1(a, c[i], -(b * sine));
					dst[h + 2 * i + 1] = fma1(b, c[i], a * sine);
				}
				continue;
			}
			for (int64_t i = 0; i < half; i += LANES) {
				int64_t left = half - i;
				vf cosine = v_load_some(c + i, left), sine = v_load_some(s + i, left);
				if (inverse)
					sine = v_neg(sine);
				vf a = v_load_some(x + h + i, left), b = v_load_some(x + h + half + i, left);
				v_store_some(dst + h + i, v_fma(a, cosine, v_neg(v_mul(b, sine))), left);
				v_store_some(dst + h + half + i, v_fma(b, cosine, v_mul(a, sine)), left);
			}
		}
	}
}
