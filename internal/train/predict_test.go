package train

import (
	"math"
	"slices"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

func eachModel(t *testing.T, f func(t *testing.T, b *lm.Base)) {
	t.Run("encoder", func(t *testing.T) { f(t, newBERT(t)) })
	t.Run("decoder", func(t *testing.T) { f(t, newLlama(t)) })
}

func TestPredictionDoesNotDependOnTheBatch(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		o, rows := newOverlay(t, b, 3), newRows(40, 1)
		together := Predict(b, o, twoClasses, rows)
		var alone, reversed []float32
		for _, e := range rows {
			alone = append(alone, Predict(b, o, twoClasses, []*Example{e})...)
		}
		slices.Reverse(rows)
		other := Predict(b, o, twoClasses, rows)
		for i := len(other) - 2; i >= 0; i -= 2 {
			reversed = append(reversed, other[i], other[i+1])
		}
		if !slices.Equal(together, alone) || !slices.Equal(together, reversed) {
			t.Error("a row's prediction depends on its neighbours")
		}
	})
}

func TestPredictTagsAndChoices(t *testing.T) {
	b := newBERT(t)
	rows := newRows(5, 1)
	tokens := 0
	for _, e := range rows {
		tokens += e.Tokens()
	}
	for _, test := range []struct {
		task string
		rows []*Example
		want int
	}{
		{"tagging", rows, 3 * tokens},
		{"multiple_choice", []*Example{{Sequences: []Sequence{rows[0].Sequences[0], rows[1].Sequences[0]}}}, 2},
	} {
		o := nn.NewOverlay(false)
		defer o.Free()
		outputs := 3
		if test.task == "multiple_choice" {
			outputs = 1
		}
		head, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: test.task, Outputs: outputs}, tensor.NewKey(1, "head"))
		if err != nil {
			t.Fatal(err)
		}
		o.Head = head
		if got := len(Predict(b, o, Task{test.task, outputs}, test.rows)); got != test.want {
			t.Errorf("%s: %d numbers, want %d", test.task, got, test.want)
		}
	}
}

func TestFeaturesAreThoseOfAForwardPass(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		rows := newRows(6, 1)
		needs := []FeatureNeed{{2, "cls"}, {2, "mean"}, {1, "max"}, {2, "last"}, {0, "mean"}}
		got := Features(b, rows, needs, false, nil)
		a := tensor.NewArena()
		defer a.Free()
		for i, need := range needs {
			if need.Layer != 2 {
				continue
			}
			pass := b.Pass(autodiff.New(a, false), nil)
			if want := pass.Pooled(b.Arch, pack(rows), need.Pooling).Value.Slice(); !slices.Equal(got[i], want) {
				t.Errorf("features %v differ from a forward pass", need)
			}
		}
		for i := range needs {
			if len(got[i]) != len(rows)*32 {
				t.Errorf("features %v: %d numbers, want %d", needs[i], len(got[i]), len(rows)*32)
			}
		}
		for _, e := range rows {
			e.Tags = make([]int32, e.Tokens())
			e.Tags[0] = -1
		}
		words := Features(b, rows, []FeatureNeed{{2, ""}}, true, nil)[0]
		pass := b.Pass(autodiff.New(a, false), nil)
		all := pass.Pooled(b.Arch, pack(rows), "tokens").Value.Slice()
		var want []float32
		at := 0
		for _, e := range rows {
			for _, tag := range e.Tags {
				if tag >= 0 {
					want = append(want, all[at*32:(at+1)*32]...)
				}
				at++
			}
		}
		if !slices.Equal(words, want) {
			t.Error("features of tagged tokens are not their hidden states")
		}
	})
}

func TestMaskingFollowsDevlin(t *testing.T) {
	b := newBERT(t)
	special := b.Tokenizer.Special()
	var rows []*Example
	key := tensor.NewKey(9, "text")
	for i := range 2000 {
		ids := []int32{special.CLS}
		for j := range 20 {
			ids = append(ids, int32(5+key.At(uint64(i)).Uint64(uint64(j))%55))
		}
		rows = append(rows, &Example{Sequences: []Sequence{{IDs: append(ids, special.SEP), Mask: -1}}})
	}
	before := pack(rows).IDs
	batch, index, labels := languageTargets(b, rows, tensor.NewKey(1, "mask"))
	scored := map[int]bool{}
	k, masked, kept := 0, 0, 0
	for s, list := range index {
		for _, i := range list {
			at := int(batch.Offsets[s]) + i
			scored[at] = true
			if before[at] != labels[k] {
				t.Fatalf("token %d is expected to be %d, was %d", at, labels[k], before[at])
			}
			if b.Tokenizer.IsSpecial(before[at]) {
				t.Fatalf("special token %d is scored", at)
			}
			switch batch.IDs[at] {
			case special.MASK:
				masked++
			case before[at]:
				kept++
			}
			k++
		}
	}
	for i := range before {
		if !scored[i] && batch.IDs[i] != before[i] {
			t.Fatalf("token %d changed but is not scored", i)
		}
	}
	// Shares lie within 4 standard deviations. A random token is the mask or
	// the old one in 1 of 60 cases each.
	n := float64(len(labels))
	for _, x := range []struct {
		name             string
		got, want, total float64
	}{
		{"scored", n, 0.15, 40000},
		{"masked", float64(masked), 0.8 + 0.1/60, n},
		{"kept", float64(kept), 0.1 + 0.1/60, n},
	} {
		if sd := math.Sqrt(x.want * (1 - x.want) / x.total); math.Abs(x.got/x.total-x.want) > 4*sd {
			t.Errorf("share of tokens %s = %.4f, want %.4f ± %.4f", x.name, x.got/x.total, x.want, 4*sd)
		}
	}
}

func TestMaskingScoresAtLeastOneToken(t *testing.T) {
	b := newBERT(t)
	for seed := range uint64(50) {
		_, index, labels := languageTargets(b, []*Example{{Sequences: []Sequence{{IDs: []int32{2, 9, 3}}}}}, tensor.NewKey(seed, "mask"))
		if len(labels) != 1 || labels[0] != 9 || !slices.Equal(index[0], []int{1}) {
			t.Fatalf("seed %d: scored %v, expected %v", seed, index, labels)
		}
	}
	_, index, labels := languageTargets(b, []*Example{{Sequences: []Sequence{{IDs: []int32{2, 3}}}}}, tensor.NewKey(1, "mask"))
	if len(labels) != 0 || len(index[0]) != 0 {
		t.Errorf("special tokens are scored: %v", index)
	}
}

func TestLanguageLossIsThatOfItsRows(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		rows := newRows(12, 1)
		key := tensor.NewKey(1, "mask")
		loss, each := LanguageLoss(b, nil, rows, key)
		sum, n := 0.0, 0
		for _, r := range each {
			sum, n = sum+r.Sum, n+r.Tokens
		}
		if loss != sum/float64(n) {
			t.Errorf("LanguageLoss = %v, want %v", loss, sum/float64(n))
		}
		// A prefix of the rows has the same losses: the mask is the row's own.
		_, part := LanguageLoss(b, nil, rows[:5], key)
		if !slices.Equal(part, each[:5]) {
			t.Errorf("losses of the first rows = %v, among more rows %v", part, each[:5])
		}
		if b.Config().Causal() {
			for i, e := range rows {
				if got := PseudoPerplexity(b, e); got != each[i] {
					t.Errorf("PseudoPerplexity of row %d = %v, LanguageLoss has %v", i, got, each[i])
				}
			}
		}
	})
}

func TestLanguageModelLearnsItsText(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		o := nn.NewOverlay(false)
		defer o.Free()
		for _, s := range b.Arch.Specs() {
			rows, cols := s.Matrix()
			p := nn.NewParam(o.Arena, s.Name, rows, cols)
			tensor.Copy(p.Value, b.Weights[s.Name].Value)
			o.Replaced[s.Name] = p
		}
		rows := newRows(12, 1)
		before, _ := LanguageLoss(b, o, rows, tensor.NewKey(2, "held out"))
		c := smallConfig()
		c.Epochs = 20
		r, _, err := Run(t.Context(), b, o, Data{Task: Task{Kind: "language_modeling"}, Train: rows}, c, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		after, _ := LanguageLoss(b, o, rows, tensor.NewKey(2, "held out"))
		if r.Status != OK || !(after < before-0.5) {
			t.Errorf("status %s, loss %v before and %v after", r.Status, before, after)
		}
	})
}

func TestProbabilities(t *testing.T) {
	got := Softmax([]float32{0, 0, 1, float32(1 + math.Log(3)), 100, -100}, 2)
	for i, want := range []float64{0.5, 0.5, 0.25, 0.75, 1, 0} {
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Errorf("Softmax = %v, want %v at %d", got, want, i)
		}
	}
	for i, got := range Sigmoid([]float32{0, float32(math.Log(3)), -200}) {
		if want := []float64{0.5, 0.75, 0}[i]; math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("Sigmoid at %d = %v, want %v", i, got, want)
		}
	}
	if Softmax(nil, 3) != nil || Sigmoid(nil) != nil {
		t.Error("no logits give probabilities")
	}
}
