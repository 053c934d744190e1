package nn

import "runexp/internal/lm/tensor"

// A Batch is a number of token sequences, packed one after another without
// padding.
type Batch struct {
	IDs     []int32
	Types   []int32 // token types; nil: all 0
	Offsets []int32 // [S+1]
	// Mask is, for each sequence, the index of its mask token within the
	// sequence, or -1; nil if there are none.
	Mask []int32
}

// NewBatch packs sequences.
func NewBatch(sequences [][]int32, types [][]int32) *Batch {
	b := &Batch{Offsets: make([]int32, 1, len(sequences)+1)}
	for i, s := range sequences {
		b.IDs = append(b.IDs, s...)
		if types != nil {
			t := types[i]
			if t == nil {
				t = make([]int32, len(s))
			}
			b.Types = append(b.Types, t...)
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
	}
	return b
}

// Len is the number of sequences.
func (b *Batch) Len() int { return len(b.Offsets) - 1 }

// Tokens is the number of tokens of all sequences.
func (b *Batch) Tokens() int { return len(b.IDs) }

// Input is a batch as an architecture sees it: soft tokens have their places,
// positions are counted, and everything is where kernels can read it.
type Input struct {
	Batch     *Batch
	IDs       *tensor.Ints // [batch tokens], without soft tokens
	Order     *tensor.Ints // [N] rows of (embedded ids; soft tokens), nil without soft tokens
	Types     *tensor.Ints // [N]
	Positions *tensor.Ints // [N]
	Offsets   *tensor.Ints // [S+1]
	offsets   []int32
	first     []int32 // row of each sequence's first real token
	soft      int
	softAt    int
}

// N is the number of rows, soft tokens included.
func (in *Input) N() int { return int(in.offsets[len(in.offsets)-1]) }

// Len is the number of sequences.
func (in *Input) Len() int { return in.Batch.Len() }

// newInput lays a batch out; soft tokens are put before real token softAt of
// every sequence, and positions start at first.
func newInput(a *tensor.Arena, b *Batch, soft, softAt, firstPosition int) *Input {
	in := &Input{Batch: b, soft: soft, softAt: softAt, offsets: make([]int32, 1, b.Len()+1)}
	n := b.Tokens() + soft*b.Len()
	order, types, positions := make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	for s := range b.Len() {
		from, to := b.Offsets[s], b.Offsets[s+1]
		position := int32(firstPosition)
		put := func(row, typ int32) {
			order, types, positions = append(order, row), append(types, typ), append(positions, position)
			position++
		}
		for i := from; i <= to; i++ {
			if int(i-from) == min(softAt, int(to-from)) {
				for k := range soft {
					put(int32(b.Tokens()+k), 0)
				}
			}
			if i == to {
				break
			}
			if i == from {
				in.first = append(in.first, int32(len(order)))
			}
			var typ int32
			if b.Types != nil {
				typ = b.Types[i]
			}
			put(i, typ)
		}
		in.offsets = append(in.offsets, int32(len(order)))
	}
	in.IDs, in.Types, in.Positions = a.Ints(b.IDs), a.Ints(types), a.Ints(positions)
	in.Offsets = a.Ints(in.offsets)
	if soft > 0 {
		in.Order = a.Ints(order)
	}
	return in
}

// Row is the row of token i of sequence s, counted without soft tokens.
func (in *Input) Row(s, i int) int32 {
	row := in.offsets[s] + int32(i)
	if i >= in.softAt {
		row += int32(in.soft)
	}
	return row
}

// Select builds Rows from one list of real-token indices per sequence.
func (in *Input) Select(a *tensor.Arena, index func(s int) []int) *Rows {
	var rows []int32
	offsets := make([]int32, 1, in.Len()+1)
	for s := range in.Len() {
		for _, i := range index(s) {
			rows = append(rows, in.Row(s, i))
		}
		offsets = append(offsets, int32(len(rows)))
	}
	return &Rows{Index: a.Ints(rows), Offsets: a.Ints(offsets)}
}

// selectRows builds Rows from one packed row per sequence.
func (in *Input) selectRows(a *tensor.Arena, rows []int32) *Rows {
	offsets := make([]int32, len(rows)+1)
	for s := range rows {
		offsets[s+1] = int32(s + 1)
	}
	return &Rows{Index: a.Ints(rows), Offsets: a.Ints(offsets)}
}

// length is the number of real tokens of sequence s.
func (in *Input) length(s int) int {
	return int(in.Batch.Offsets[s+1] - in.Batch.Offsets[s])
}
