package lm

import (
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Computing only the rows that are read must give the bits of computing all.
func TestEncodeOfRowsIsGatheredFromAll(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) { checkRows(t, loadFamily(t, family), nil) })
	}
	for _, method := range []string{"bert/prefix", "bert/soft", "bert/pfeiffer", "llama/prefix", "llama/soft_words", "gpt2/lora"} {
		t.Run(method, func(t *testing.T) {
			model, name, _ := strings.Cut(method, "/")
			r := newTrial(t, model, name)
			checkRows(t, r.base, r.overlay)
		})
	}
}

func checkRows(t *testing.T, b *Base, o *nn.Overlay) {
	t.Helper()
	a := tensor.NewArena()
	defer a.Free()
	batch := nn.NewBatch([][]int32{{5, 6, 7, 8}, {9}, {10, 11, 12, 13, 14, 15, 16}}, nil)
	wanted := [][]int{{0, 3}, nil, {1, 2, 6}}
	pass := b.Pass(autodiff.New(a, false), o)
	in := pass.Begin(b.Arch, batch)
	rows := in.Select(a, func(s int) []int { return wanted[s] })
	some := b.Arch.Encode(pass, in, rows)
	pass = b.Pass(autodiff.New(a, false), o)
	in = pass.Begin(b.Arch, batch)
	all := b.Arch.Encode(pass, in, nil)
	want := pass.Tape.Gather(all, rows.Index)
	if !slices.Equal(some.Value.Slice(), want.Value.Slice()) {
		t.Error("rows computed alone differ from the same rows among all")
	}
	if got, want := rows.Offsets.Slice(), []int32{0, 2, 2, 5}; !slices.Equal(got, want) {
		t.Errorf("offsets of the rows = %v, want %v", got, want)
	}
}
