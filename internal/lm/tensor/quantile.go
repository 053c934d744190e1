package tensor

import "math"

// normalQuantile is the standard normal quantile of p in (0, 1), to about 1e-15
// relative. It uses no function of the math library but the exactly rounded
// square root and fused multiply-add, so its bits are the same on every machine.
//
// Source: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
func normalQuantile(p float64) float64 {
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		return float64(q*horner(r, &centralTop)) / horner(r, &centralBottom)
	}
	tail := p
	if q > 0 {
		tail = 1 - p
	}
	r := math.Sqrt(-naturalLog(tail))
	var x float64
	if r <= 5 {
		r -= 1.6
		x = horner(r, &middleTop) / horner(r, &middleBottom)
	} else {
		r -= 5
		x = horner(r, &farTop) / horner(r, &farBottom)
	}
	if q < 0 {
		return -x
	}
	return x
}

// horner evaluates c[0] + c[1]·x + … + c[7]·x^7.
func horner(x float64, c *[8]float64) float64 {
	y := c[7]
	for i := 6; i >= 0; i-- {
		y = math.FMA(y, x, c[i])
	}
	return y
}

// naturalLog is ln x for positive normal x, within a few units in the last place.
// With x = m·2^e and s = (m-1)/(m+1), ln m = 2·(s + s³/3 + s⁵/5 + …); |s| < 0.172.
func naturalLog(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1)
	s2 := float64(s * s)
	y := 1.0 / 23
	for k := 21; k >= 1; k -= 2 {
		y = math.FMA(y, s2, 1/float64(k))
	}
	return math.FMA(float64(e), math.Ln2, float64(2*s)*y)
}

var (
	centralTop = [8]float64{
		3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3,
	}
	centralBottom = [8]float64{
		1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3,
	}
	middleTop = [8]float64{
		1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
	}
	middleBottom = [8]float64{
		1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
	}
	farTop = [8]float64{
		6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
	}
	farBottom = [8]float64{
		1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
	}
)
