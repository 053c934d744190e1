package dataset

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
)

// A Leak counts the rows of one split whose input stands in another split too.
// Each row is counted once, under the closest kind that applies.
type Leak struct {
	Of         string    `json:"of"`         // the split whose rows are counted
	In         string    `json:"in"`         // where they stand too
	Exact      int       `json:"exact"`      // the same text
	Normalised int       `json:"normalised"` // the same but for case and white space
	Near       int       `json:"near"`       // most runs of three words in common
	SharedText int       `json:"shared_text"`
	Compared   int       `json:"compared"` // rows of Of that were looked up for near ones
	Examples   []Example `json:"examples,omitempty"`
}

// Rows is the number of rows that leak: exact, normalised and near. SharedText, the
// first text of a pair standing in both splits, is no leak of the whole row and is
// counted apart.
func (l Leak) Rows() int { return l.Exact + l.Normalised + l.Near }

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

// leaks compares every later split with every earlier one: tests with train and
// dev, dev with train.
func leaks(set *Dataset, parts []string) []Leak {
	indexed := make(map[string]*inputIndex)
	var out []Leak
	for i, of := range SplitNames {
		for _, in := range SplitNames[:i] {
			if len(set.Split(of)) == 0 || len(set.Split(in)) == 0 || of == TestShiftSplit && in == TestIDSplit {
				continue
			}
			if indexed[in] == nil {
				indexed[in] = newInputIndex(set.Split(in))
			}
			out = append(out, indexed[in].compare(set, of, in, parts))
		}
	}
	return out
}

// inputIndex finds the rows of a split by their inputs.
type inputIndex struct {
	rows       []Row
	exact      map[digest]bool
	normalised map[digest]bool
	firstTexts map[digest]bool // of pairs
	buckets    [bands]map[uint64][]int32
}

func (r *Row) inputs() []string { return append([]string{r.Text, r.Pair}, r.Choices...) }

func normalisedAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = normalise(t)
	}
	return out
}

func newInputIndex(rows []Row) *inputIndex {
	x := &inputIndex{rows: rows, exact: make(map[digest]bool), normalised: make(map[digest]bool), firstTexts: make(map[digest]bool)}
	for b := range x.buckets {
		x.buckets[b] = make(map[uint64][]int32)
	}
	step := stride(len(rows))
	for i := range rows {
		inputs := rows[i].inputs()
		x.exact[hashTexts(inputs)] = true
		x.normalised[hashTexts(normalisedAll(inputs))] = true
		if rows[i].HasPair {
			x.firstTexts[hashTexts([]string{normalise(rows[i].Text)})] = true
		}
		if i%step == 0 {
			if shingles := shinglesOf(&rows[i]); len(shingles) > 0 {
				for b, key := range signature(shingles) {
					x.buckets[b][key] = append(x.buckets[b][key], int32(i))
				}
			}
		}
	}
	return x
}

// stride keeps the number of rows looked at within nearRows.
func stride(rows int) int { return max(1, (rows+nearRows-1)/nearRows) }

func (x *inputIndex) compare(set *Dataset, of, in string, parts []string) Leak {
	leak := Leak{Of: of, In: in}
	rows := set.Split(of)
	step := stride(len(rows))
	for i := range rows {
		row := &rows[i]
		inputs := row.inputs()
		if row.HasPair && x.firstTexts[hashTexts([]string{normalise(row.Text)})] {
			leak.SharedText++
		}
		switch {
		case x.exact[hashTexts(inputs)]:
			leak.Exact++
		case x.normalised[hashTexts(normalisedAll(inputs))]:
			leak.Normalised++
		case i%step != 0:
			continue
		default:
			leak.Compared++
			if !x.near(row) {
				continue
			}
			leak.Near++
		}
		if len(leak.Examples) < maxListed {
			leak.Examples = append(leak.Examples, Example{File: parts[row.Origin.File], Line: row.Origin.Line, Text: shorten(row.Text)})
		}
	}
	return leak
}

// near tells whether some row of the index shares most shingles with this one.
func (x *inputIndex) near(row *Row) bool {
	shingles := shinglesOf(row)
	if len(shingles) == 0 {
		return false
	}
	seen := make(map[int32]bool)
	for b, key := range signature(shingles) {
		for _, i := range x.buckets[b][key] {
			if seen[i] {
				continue
			}
			seen[i] = true
			if jaccard(shingles, shinglesOf(&x.rows[i])) >= nearThreshold {
				return true
			}
			if len(seen) >= nearCandidates {
				return false
			}
		}
	}
	return false
}

// shinglesOf hashes the runs of three words of a row's input, sorted. Rows of fewer
// than six words have none: one other word makes them another sentence.
func shinglesOf(row *Row) []uint64 {
	var words []string
	for _, t := range row.inputs() {
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
