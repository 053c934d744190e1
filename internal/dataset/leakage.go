package dataset

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

// leaks compares every later split with every earlier one: tests with train and
// dev, dev with train. Rows are read once.
func leaks(set *Dataset, parts []string) ([]Leak, error) {
	indexed := make(map[string]*inputIndex)
	var out []Leak
	for i, of := range SplitNames {
		rows := set.Split(of)
		var against []*inputIndex
		var found []Leak
		for _, in := range SplitNames[:min(i, 2)] {
			if rows.Len() > 0 && indexed[in] != nil {
				against, found = append(against, indexed[in]), append(found, Leak{Of: of, In: in})
			}
		}
		var own *inputIndex
		if i < 2 && rows.Len() > 0 {
			own = newInputIndex(rows)
			indexed[of] = own
		}
		step := stride(rows.Len())
		if err := rows.Each(func(i int, row *Row) error {
			k := newInputKeys(row, i%step == 0)
			for j, x := range against {
				if err := x.compare(k, &found[j], parts); err != nil {
					return err
				}
			}
			if own != nil {
				own.add(i, k)
			}
			return nil
		}); err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// inputKeys are what a row's input is found by.
type inputKeys struct {
	row               *Row
	exact, normalised digest
	firstText         digest // of a pair
	sampled           bool   // whether near ones are looked for
	shingles          []uint64
	bands             [bands]uint64
}

func newInputKeys(row *Row, sampled bool) *inputKeys {
	inputs := append([]string{row.Text, row.Pair}, row.Choices...)
	k := &inputKeys{row: row, exact: hashTexts(inputs), sampled: sampled}
	for i, t := range inputs {
		inputs[i] = normalise(t)
	}
	k.normalised = hashTexts(inputs)
	if row.HasPair {
		k.firstText = hashTexts(inputs[:1])
	}
	if sampled {
		if k.shingles = shinglesOf(row); len(k.shingles) > 0 {
			k.bands = signature(k.shingles)
		}
	}
	return k
}

// inputIndex finds the rows of a split by their inputs.
type inputIndex struct {
	rows       Rows
	exact      map[digest]struct{}
	normalised map[digest]struct{}
	firstTexts map[digest]struct{} // of pairs
	buckets    [bands]map[uint64][]int32
}

func newInputIndex(rows Rows) *inputIndex {
	x := &inputIndex{rows: rows, exact: map[digest]struct{}{}, normalised: map[digest]struct{}{}, firstTexts: map[digest]struct{}{}}
	for b := range x.buckets {
		x.buckets[b] = make(map[uint64][]int32)
	}
	return x
}

func (x *inputIndex) add(i int, k *inputKeys) {
	x.exact[k.exact] = struct{}{}
	x.normalised[k.normalised] = struct{}{}
	if k.row.HasPair {
		x.firstTexts[k.firstText] = struct{}{}
	}
	if len(k.shingles) > 0 {
		for b, key := range k.bands {
			x.buckets[b][key] = append(x.buckets[b][key], int32(i))
		}
	}
}

func has(set map[digest]struct{}, d digest) bool {
	_, there := set[d]
	return there
}

// compare counts a row of another split, if it leaks.
func (x *inputIndex) compare(k *inputKeys, leak *Leak, parts []string) error {
	if k.row.HasPair && has(x.firstTexts, k.firstText) {
		leak.SharedText++
	}
	switch {
	case has(x.exact, k.exact):
		leak.Exact++
	case has(x.normalised, k.normalised):
		leak.Normalised++
	case !k.sampled:
		return nil
	default:
		leak.Compared++
		near, err := x.near(k)
		if err != nil || !near {
			return err
		}
		leak.Near++
	}
	if len(leak.Examples) < maxListed {
		leak.Examples = append(leak.Examples, Example{File: parts[k.row.Origin.File], Line: k.row.Origin.Line, Text: shorten(k.row.Text)})
	}
	return nil
}
