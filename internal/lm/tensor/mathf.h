// Elementary functions over 16 lanes, the same bits on every machine.
//
// The polynomials are our own minimax fits (Remez exchange on the relative
// error); testdata/fit.py writes their coefficients.

// exp_parts gives n and a polynomial p with e^x = 2^n · p.
FORCE vf exp_parts(vf x, vi *n)
{
	// x = n·ln 2 + r with |r| <= ln 2 / 2. Adding 1.5·2^23 rounds to an integer
	// and leaves it in the low bits.
	const vf magic = v_set(12582912.0f);
	vf t = v_fma(x, v_set(1.442695041f), magic);
	*n = vi_sub(v_bits(t), v_bits(magic));
	vf nf = v_sub(t, magic);
	vf r = v_fma(nf, v_set(-0.6931471824645996f), x);
	r = v_fma(nf, v_set(1.904654323e-9f), r);
	vf p = v_set(1.395080986e-3f);
	p = v_fma(p, r, v_set(8.369072908e-3f));
	p = v_fma(p, r, v_set(4.166620102e-2f));
	p = v_fma(p, r, v_set(1.666651731e-1f));
	p = v_fma(p, r, v_set(5.000000097e-1f));
	p = v_fma(v_mul(r, r), p, r);
	return v_add(p, v_set(1.0f));
}

FORCE vf power_of_2(vi n) { return v_float(vi_shl(vi_add(n, vi_set(127)), 23)); }

// v_exp is e^x within 1 unit in the last place where the result is normal;
// overflow gives +Inf, underflow goes through the subnormal numbers to 0, NaN
// stays NaN.
FORCE vf v_exp(vf x)
{
	vi n;
	vf p = exp_parts(v_min(v_set(90.0f), v_max(v_set(-105.0f), x)), &n);
	// 2^n in two factors, since n itself may leave the range of the exponent.
	vi half = vi_sar(n, 1);
	return v_mul(v_mul(p, power_of_2(half)), power_of_2(vi_sub(n, half)));
}

// v_exp_small is v_exp for -80 <= x <= 80.
FORCE vf v_exp_small(vf x)
{
	vi n;
	vf p = exp_parts(x, &n);
	return v_mul(p, power_of_2(n));
}

// v_log is ln x for positive normal x, within 1 unit in the last place.
FORCE vf v_log(vf x)
{
	// x = 2^e · m with m in [sqrt 1/2, sqrt 2).
	vi bits = v_bits(x);
	vi e = vi_sar(vi_sub(bits, vi_set(0x3f3504f3)), 23);
	vf m = v_float(vi_sub(bits, vi_shl(e, 23)));
	vf f = v_sub(m, v_set(1.0f));
	vf ef = v_from_int(e);
	vf p = v_set(-7.861625557e-2f);
	p = v_fma(p, f, v_set(1.288382109e-1f));
	p = v_fma(p, f, v_set(-1.312900973e-1f));
	p = v_fma(p, f, v_set(1.418090772e-1f));
	p = v_fma(p, f, v_set(-1.662450236e-1f));
	p = v_fma(p, f, v_set(2.000229716e-1f));
	p = v_fma(p, f, v_set(-2.500081198e-1f));
	p = v_fma(p, f, v_set(3.333331661e-1f));
	vf f2 = v_mul(f, f);
	vf tail = v_mul(v_mul(p, f), f2);
	tail = v_fma(ef, v_set(-1.904654323e-9f), tail);
	tail = v_fma(f2, v_set(-0.5f), tail);
	return v_fma(ef, v_set(0.6931471824645996f), v_add(f, tail));
}

// v_log1p is ln(1 + x) for 0 <= x <= 1: the rounding error of 1 + x is put
// back to first order.
FORCE vf v_log1p(vf x)
{
	vf u = v_add(x, v_set(1.0f));
	vf lost = v_sub(x, v_sub(u, v_set(1.0f)));
	return v_add(v_log(u), v_div(lost, u));
}

// v_tanh is tanh x within 2 units in the last place.
FORCE vf v_tanh(vf x)
{
	vf a = v_abs(x);
	vf z = v_mul(x, x);
	vf p = v_set(2.139835373e-3f);
	p = v_fma(p, z, v_set(-8.177705015e-3f));
	p = v_fma(p, z, v_set(2.170277657e-2f));
	p = v_fma(p, z, v_set(-5.394762914e-2f));
	p = v_fma(p, z, v_set(1.333321863e-1f));
	p = v_fma(p, z, v_set(-3.333333138e-1f));
	vf small = v_fma(v_mul(p, z), x, x);
	vf e = v_exp_small(v_min(v_set(40.0f), v_add(a, a)));
	vf large = v_sub(v_set(1.0f), v_div(v_set(2.0f), v_add(e, v_set(1.0f))));
	return v_select(v_gt(v_set(0.625f), a), small, v_copysign(large, x));
}

// v_erf is the error function within 2 units in the last place.
FORCE vf v_erf(vf x)
{
	vf a = v_abs(x);
	vf z = v_mul(x, x);
	vf p = v_set(7.889123182e-5f);
	p = v_fma(p, z, v_set(-8.020842373e-4f));
	p = v_fma(p, z, v_set(5.189535462e-3f));
	p = v_fma(p, z, v_set(-2.685444466e-2f));
	p = v_fma(p, z, v_set(1.128360018e-1f));
	p = v_fma(p, z, v_set(-3.761262714e-1f));
	p = v_fma(p, z, v_set(1.283791659e-1f));
	vf small = v_fma(p, x, x);
	// Beyond 1, erf x = 1 - exp(-R(x)) with R = -ln erfc, a smooth function; at
	// 4 the result is 1.
	vf t = v_sub(v_min(v_set(4.0f), a), v_set(2.4f));
	vf r = v_set(1.697662540e-7f);
	r = v_fma(r, t, v_set(2.252197460e-5f));
	r = v_fma(r, t, v_set(-7.551457742e-5f));
	r = v_fma(r, t, v_set(4.735268102e-4f));
	r = v_fma(r, t, v_set(-2.392209133e-3f));
	r = v_fma(r, t, v_set(1.176397357e-2f));
	r = v_fma(r, t, v_set(9.405011899e-1f));
	r = v_fma(r, t, v_set(5.164236730e+0f));
	r = v_fma(r, t, v_set(7.280975091e+0f));
	vf large = v_sub(v_set(1.0f), v_exp_small(v_neg(r)));
	return v_select(v_gt(v_set(1.0f), a), small, v_copysign(large, x));
}

// v_sigmoid is 1 / (1 + e^-x).
FORCE vf v_sigmoid(vf x)
{
	vf one = v_set(1.0f);
	return v_div(one, v_add(one, v_exp(v_neg(x))));
}

// log1 is v_log of one number.
FORCE float log1(float x)
{
	float t[LANES];
	v_store(t, v_log(v_set(x)));
	return t[0];
}

// elementary applies one of the functions above, for their tests: 0 exp, 1
// log, 2 log1p, 3 tanh, 4 erf, 5 sigmoid.
static void elementary(int f, float *dst, const float *x, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf a = v_load_some(x + i, n - i);
		switch (f) {
		case 0: a = v_exp(a); break;
		case 1: a = v_log(a); break;
		case 2: a = v_log1p(a); break;
		case 3: a = v_tanh(a); break;
		case 4: a = v_erf(a); break;
		case 5: a = v_sigmoid(a); break;
		}
		v_store_some(dst + i, a, n - i);
	}
}
