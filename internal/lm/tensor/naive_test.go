package tensor

import "math"

// The plain twins of the kernels: float64, row after row, no cleverness. They
// judge the values of the kernels and, by finite differences, the gradients.

// rows calls f for each of n rows of c elements of x and joins the results.
func naiveRows(x []float64, c int, f func(row []float64) []float64) []float64 {
	var out []float64
	for i := 0; i+c <= len(x) && c > 0; i += c {
		out = append(out, f(x[i:i+c])...)
	}
	return out
}

func naiveMap(f func(x ...float64) float64, xs ...[]float64) []float64 {
	out := make([]float64, len(xs[0]))
	at := make([]float64, len(xs))
	for i := range out {
		for j := range xs {
			at[j] = xs[j][i]
		}
		out[i] = f(at...)
	}
	return out
}

func naiveSum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func naiveDot(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

// naiveMatMul is [m, k]·[k, n].
func naiveMatMul(a, b []float64, m, k, n int) []float64 {
	out := make([]float64, m*n)
	for i := range m {
		for j := range n {
			for l := range k {
				out[i*n+j] += a[i*k+l] * b[l*n+j]
			}
		}
	}
	return out
}

func naiveTranspose(x []float64, rows, cols int) []float64 {
	out := make([]float64, len(x))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = x[i*cols+j]
		}
	}
	return out
}

func naiveSigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func naiveActivation(f Activation, x float64) float64 {
	switch f {
	case GELU:
		return 0.5 * x * (1 + math.Erf(x/math.Sqrt2))
	case GELUTanh:
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	case ReLU:
		return math.Max(0, x)
	case Tanh:
		return math.Tanh(x)
	case SiLU:
		return x * naiveSigmoid(x)
	default:
		return naiveSigmoid(x)
	}
}

func naiveLayerNorm(x, w, b []float64, c int, eps float64) []float64 {
	return naiveRows(x, c, func(row []float64) []float64 {
		mean := naiveSum(row) / float64(c)
		variance := 0.0
		for _, v := range row {
			variance += (v - mean) * (v - mean)
		}
		rstd := 1 / math.Sqrt(variance/float64(c)+eps)
		return naiveMap(func(v ...float64) float64 { return (v[0]-mean)*rstd*v[1] + v[2] }, row, w, b)
	})
}

func naiveRMSNorm(x, w []float64, c int, eps float64) []float64 {
	return naiveRows(x, c, func(row []float64) []float64 {
		rstd := 1 / math.Sqrt(naiveDot(row, row)/float64(c)+eps)
		return naiveMap(func(v ...float64) float64 { return v[0] * rstd * v[1] }, row, w)
	})
}

func naiveSoftmax(row []float64) []float64 {
	best := math.Inf(-1)
	for _, v := range row {
		best = math.Max(best, v)
	}
	out := naiveMap(func(v ...float64) float64 { return math.Exp(v[0] - best) }, row)
	s := naiveSum(out)
	for i := range out {
		out[i] /= s
	}
	return out
}

func naiveLogSoftmax(row []float64) []float64 {
	return naiveMap(func(v ...float64) float64 { return math.Log(v[0]) }, naiveSoftmax(row))
}

// naiveCrossEntropy gives one loss per row; weights may be nil.
func naiveCrossEntropy(x []float64, c int, labels []int32, smoothing float64, weights []float64) []float64 {
	r := 0
	return naiveRows(x, c, func(row []float64) []float64 {
		y := labels[r]
		r++
		if y < 0 {
			return []float64{0}
		}
		w := func(j int) float64 {
			if weights == nil {
				return 1
			}
			return weights[j]
		}
		logs := naiveLogSoftmax(row)
		loss := -(1 - smoothing) * w(int(y)) * logs[y]
		for j, l := range logs {
			loss -= smoothing / float64(c) * w(j) * l
		}
		return []float64{loss}
	})
}

func naiveRotary(x []float64, c int, pos []int32, cos, sin []float64, headDim int, interleaved, inverse bool) []float64 {
	half := headDim / 2
	r := 0
	return naiveRows(x, c, func(row []float64) []float64 {
		out := make([]float64, c)
		at := int(pos[r]) * half
		r++
		for h := 0; h < c; h += headDim {
			for i := range half {
				a, b := h+i, h+i+half
				if interleaved {
					a, b = h+2*i, h+2*i+1
				}
				s := sin[at+i]
				if inverse {
					s = -s
				}
				out[a] = row[a]*cos[at+i] - row[b]*s
				out[b] = row[b]*cos[at+i] + row[a]*s
			}
		}
		return out
	})
}

// naiveAttention takes q, k, v and prefixes pk, pv (nil: none) and a factor for
// every softmax weight, in the order of probs (nil: ones); it returns the output
// and the weights.
func naiveAttention(q, k, v, pk, pv []float64, offsets []int32, c AttentionConfig, factor []float64) (out, probs []float64) {
	d, ldq, ldk := c.HeadDim, c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	prefix := len(pk) / ldk
	out = make([]float64, len(q))
	for s := 0; s+1 < len(offsets); s++ {
		first, n := int(offsets[s]), int(offsets[s+1]-offsets[s])
		for h := range c.Heads {
			hk := h * c.KVHeads / c.Heads
			row := func(own, shared []float64, j int) []float64 {
				if j < prefix {
					return shared[j*ldk+hk*d : j*ldk+hk*d+d]
				}
				j += first - prefix
				return own[j*ldk+hk*d : j*ldk+hk*d+d]
			}
			for i := range n {
				seen := prefix + n
				if c.Causal {
					seen = prefix + i + 1
				}
				at := (first+i)*ldq + h*d
				scores := make([]float64, seen)
				for j := range seen {
					scores[j] = float64(c.Scale) * naiveDot(q[at:at+d], row(k, pk, j))
				}
				weights := naiveSoftmax(scores)
				for j, w := range weights {
					if factor != nil {
						w *= factor[len(probs)+j]
					}
					for l, x := range row(v, pv, j) {
						out[at+l] += w * x
					}
				}
				probs = append(probs, weights...)
				probs = append(probs, make([]float64, prefix+n-seen)...)
			}
		}
	}
	return out, probs
}

func naiveSegmentMean(x []float64, c int, offsets []int32) []float64 {
	var out []float64
	for s := 0; s+1 < len(offsets); s++ {
		mean := make([]float64, c)
		n := float64(offsets[s+1] - offsets[s])
		for i := int(offsets[s]); i < int(offsets[s+1]); i++ {
			for j := range mean {
				mean[j] += x[i*c+j] / n
			}
		}
		out = append(out, mean...)
	}
	return out
}

func naiveSegmentMax(x []float64, c int, offsets []int32) []float64 {
	var out []float64
	for s := 0; s+1 < len(offsets); s++ {
		for j := range c {
			best := math.Inf(-1)
			for i := int(offsets[s]); i < int(offsets[s+1]); i++ {
				best = math.Max(best, x[i*c+j])
			}
			if math.IsInf(best, -1) {
				best = 0
			}
			out = append(out, best)
		}
	}
	return out
}

// naiveKeep is the mask of a dropout in plain Go: 1/(1-p) or 0 per element.
func naiveKeep(n int, p float32, key Key) []float64 {
	mix := func(a uint32) uint32 {
		a ^= a >> 16
		a *= 0x7feb352d
		a ^= a >> 15
		a *= 0x846ca68b
		return a ^ a>>16
	}
	k0 := uint32(key.hi) ^ uint32(key.hi>>32)*0x9e3779b9
	k1 := uint32(key.lo) ^ uint32(key.lo>>32)*0x85ebca6b
	out := make([]float64, n)
	for i := range out {
		if mix(mix(uint32(i)^k0)+k1) >= uint32(float64(p)*(1<<32)) {
			out[i] = float64(1 / (1 - p))
		}
	}
	return out
}
