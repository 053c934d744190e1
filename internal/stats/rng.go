package stats

import "math/bits"

// Key names a stream of random numbers. The i-th number of a stream is a
// function of the key and i alone, so the order in which they are asked for
// never matters.
type Key uint64

// At derives the key of a sub-stream.
func (k Key) At(i uint64) Key { return Key(mix(uint64(k) ^ mix(i+0x9e3779b97f4a7c15))) }

// Uint64 is the i-th number of the stream.
func (k Key) Uint64(i uint64) uint64 { return mix(uint64(k) + (i+1)*0x9e3779b97f4a7c15) }

// Below is the i-th number of the stream, uniform over 0 … n−1. The bias of the
// multiplication is below n/2^64.
func (k Key) Below(i uint64, n int) int {
	high, _ := bits.Mul64(k.Uint64(i), uint64(n))
	return int(high)
}

// mix is the finaliser of SplitMix64.
//
// Source: Steele, Lea and Flood, OOPSLA 2014.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
