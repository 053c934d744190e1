package dataset

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
)

// Bounds on the search for near duplicates, which compares only rows that agree in
// a band of their signatures.
const (
	nearRows       = 50_000 // of a split that are looked up or indexed; of more, every n-th
	nearThreshold  = 0.8    // of the shingles of both texts
	nearCandidates = 50     // looked at per row
	shingleWords   = 3
	bands          = 12
	bandRows       = 4
)

// stride keeps the number of rows looked at within nearRows.
func stride(rows int) int { return max(1, (rows+nearRows-1)/nearRows) }

// near tells whether some row of the index shares most shingles with this one.
func (x *inputIndex) near(k *inputKeys) (bool, error) {
	if len(k.shingles) == 0 {
		return false, nil
	}
	seen := make(map[int32]bool)
	for b, key := range k.bands {
		for _, i := range x.buckets[b][key] {
			if seen[i] {
				continue
			}
			seen[i] = true
			other, err := x.rows.At(int(i))
			if err != nil {
				return false, err
			}
			if jaccard(k.shingles, shinglesOf(other)) >= nearThreshold {
				return true, nil
			}
			if len(seen) >= nearCandidates {
				return false, nil
			}
		}
	}
	return false, nil
}

// shinglesOf hashes the runs of three words of a row's input, sorted. Rows of fewer
// than six words have none: one other word makes them another sentence.
func shinglesOf(row *Row) []uint64 {
	var words []string
	for _, t := range append([]string{row.Text, row.Pair}, row.Choices...) {
		words = append(words, strings.Fields(strings.ToLower(t))...)
	}
	if len(words) < 2*shingleWords {
		return nil
	}
	out := make([]uint64, 0, len(words))
	for i := 0; i+shingleWords <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i : i+shingleWords] {
			h.Write([]byte(w))
			h.Write([]byte{0})
		}
		out = append(out, h.Sum64())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// signature is a MinHash of bands × bandRows minima; two rows share a band with a
// chance of the share of their shingles in common to the power of bandRows.
func signature(shingles []uint64) [bands]uint64 {
	var out [bands]uint64
	for b := range out {
		var buffer [8 * bandRows]byte
		for r := range bandRows {
			salt := mix64(uint64(b*bandRows+r) + 1)
			least := ^uint64(0)
			for _, s := range shingles {
				least = min(least, mix64(s^salt))
			}
			binary.LittleEndian.PutUint64(buffer[8*r:], least)
		}
		h := fnv.New64a()
		h.Write(buffer[:])
		out[b] = h.Sum64()
	}
	return out
}

// mix64 is the finaliser of splitmix64.
func mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// jaccard is the share of elements of two sorted sets that are in both.
func jaccard(a, b []uint64) float64 {
	common, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			common++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return float64(common) / float64(len(a)+len(b)-common)
}
