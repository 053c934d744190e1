package tensor

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
)

// Key names a stream of random numbers. The i-th number is a function of the key
// and i alone: there is no state to save, and work can be split in any way.
type Key struct{ hi, lo uint64 }

// NewKey returns the stream of a seed and a purpose, such as "order" or
// "dropout/3". Different purposes give unrelated streams.
func NewKey(seed uint64, purpose string) Key {
	h := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), purpose...))
	return Key{binary.LittleEndian.Uint64(h[:8]), binary.LittleEndian.Uint64(h[8:16])}
}

// At returns the stream of one step of a key's purpose.
func (k Key) At(step uint64) Key {
	hi := mix64(k.hi ^ mix64(step+0x9e3779b97f4a7c15))
	return Key{hi, mix64(k.lo + bits.RotateLeft64(hi, 23) + step)}
}

// mix64 is a bijection of 64 bits in which every bit of the input moves every
// bit of the output (the finaliser of Steele, Lea and Flood's SplitMix64, OOPSLA
// 2014).
func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint64 is the i-th number of the stream, uniform over 64 bits.
func (k Key) Uint64(i uint64) uint64 {
	return mix64(mix64(i*0x9e3779b97f4a7c15^k.hi) + k.lo)
}

// Float64 is the i-th number as a multiple of 2^-53 in [0, 1).
func (k Key) Float64(i uint64) float64 {
	return float64(k.Uint64(i)>>11) * 0x1p-53
}

// Normal is the i-th number as a standard normal variate: the quantile of a
// uniform one.
func (k Key) Normal(i uint64) float64 {
	return normalQuantile((float64(k.Uint64(i)>>12) + 0.5) * 0x1p-52)
}

// Perm is a uniform permutation of 0..n-1 (Fisher and Yates). The bias of its
// bounded numbers is below n/2^64.
func (k Key) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j, _ := bits.Mul64(k.Uint64(uint64(i)), uint64(i)+1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}

// FillUniform sets the elements to numbers of the stream in [lo, hi), the i-th
// element from the i-th number.
func FillUniform(dst *Tensor, lo, hi float32, key Key) {
	fillWith(dst, func(i uint64) float32 {
		return float32(math.FMA(float64(hi)-float64(lo), key.Float64(i), float64(lo)))
	})
}

// FillNormal sets the elements to normal variates, the i-th element from the
// i-th number of the stream.
func FillNormal(dst *Tensor, mean, std float32, key Key) {
	fillWith(dst, func(i uint64) float32 {
		return float32(math.FMA(float64(std), key.Normal(i), float64(mean)))
	})
}

func fillWith(dst *Tensor, f func(i uint64) float32) {
	countBytes(dst)
	if dst.dry {
		return
	}
	d := dst.Slice()
	split(len(d), 16, 16, func(from, to int) {
		for i := from; i < to; i++ {
			d[i] = f(uint64(i))
		}
	})
}
