package lm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// stories is what testdata/stories260k.py wrote about the pretrained model.
type stories struct {
	Rows []struct {
		Text       string
		IDs        []int32
		Loss       float64   // summed over tokens 2 … n, nats
		LastLogits []float32 `json:"last_logits"` // the first 16 after the text
	}
	Greedy []int32 // "Once upon a time" and 60 tokens more
}

func readStories(t *testing.T) *stories {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "stories260k.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := &stories{}
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// loadStories loads the pretrained model in both of its layouts.
func loadStories(t *testing.T) (bin, hf *Base) {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "weights-stories260k")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the pretrained model is not on this machine: %v", err)
	}
	for _, x := range []struct {
		base **Base
		path string
	}{{&bin, "stories260K.bin"}, {&hf, "derived-hf"}} {
		b, err := Load(filepath.Join(dir, x.path))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Free)
		*x.base = b
	}
	return bin, hf
}

// allLogits scores every position of one sequence.
func allLogits(a *tensor.Arena, b *Base, ids []int32) *tensor.Tensor {
	pass := b.Pass(autodiff.New(a, false), nil)
	rows := make([]int, len(ids))
	for i := range rows {
		rows[i] = i
	}
	return pass.LMLogits(b.Arch, nn.NewBatch([][]int32{ids}, nil), func(int) []int { return rows }).Value
}

func TestPretrainedStoriesModel(t *testing.T) {
	bin, hf := loadStories(t)
	for name, b := range map[string]*Base{"llama2.c": bin, "Hugging Face": hf} {
		if n, head := b.Count(); n != 260032 || head != 0 {
			t.Errorf("%s layout: Count = %d, %d, want 260032, 0", name, n, head)
		}
	}
	a := tensor.NewArena()
	defer a.Free()
	for _, row := range readStories(t).Rows {
		if got := bin.Tokenizer.EncodeInput(row.Text, "", false, tokenizer.Options{}).IDs; !slices.Equal(got, row.IDs) {
			t.Errorf("tokens of %q = %v, want %v", row.Text, got, row.IDs)
		}
		a.Reset()
		x, y := allLogits(a, bin, row.IDs), allLogits(a, hf, row.IDs)
		// Logits reach 15, so 1e-5 is relative to that.
		near(t, "logits of the two layouts", x.Slice(), y.Slice(), 1e-5)
		last := x.Slice()[(len(row.IDs)-1)*x.Cols:]
		near(t, "logits after the text", last[:len(row.LastLogits)], row.LastLogits, 1e-5)
	}
}

func TestGreedyContinuationIsPyTorchs(t *testing.T) {
	bin, _ := loadStories(t)
	want := readStories(t).Greedy
	ids := bin.Tokenizer.EncodeInput("Once upon a time", "", false, tokenizer.Options{}).IDs
	a := tensor.NewArena()
	defer a.Free()
	for len(ids) < len(want) {
		a.Reset()
		x := allLogits(a, bin, ids)
		row := x.Slice()[(len(ids)-1)*x.Cols:]
		best := 0
		for i, v := range row {
			if v > row[best] {
				best = i
			}
		}
		ids = append(ids, int32(best))
	}
	if !slices.Equal(ids, want) {
		t.Errorf("continuation = %q, want %q", bin.Tokenizer.Decode(ids, true), bin.Tokenizer.Decode(want, true))
	}
	t.Log(bin.Tokenizer.Decode(ids, true))
}
