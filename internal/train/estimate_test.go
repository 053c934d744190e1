package train

import (
	"fmt"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// fullOverlay replaces every parameter, and has a head unless it trains the
// language model itself.
func fullOverlay(t *testing.T, b *lm.Base, task Task) *nn.Overlay {
	t.Helper()
	o := nn.NewOverlay(false)
	t.Cleanup(o.Free)
	for _, s := range b.Arch.Specs() {
		rows, cols := s.Matrix()
		p := nn.NewParam(o.Arena, s.Name, rows, cols)
		tensor.Copy(p.Value, b.Weights[s.Name].Value)
		o.Replaced[s.Name] = p
	}
	head, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: task.Kind, Outputs: task.Outputs}, tensor.NewKey(1, "head"))
	if err != nil {
		t.Fatal(err)
	}
	o.Head = head
	return o
}

func TestEstimatePeakIsNeverBelowAndLittleAbove(t *testing.T) {
	models := map[string]func(*testing.T) *lm.Base{"bert": newBERT, "llama": newLlama}
	n := 0
	for model, load := range models {
		b := load(t)
		for _, test := range []struct {
			method string
			task   Task
			change func(c *Config)
		}{
			{"full", twoClasses, nil},
			{"full", twoClasses, func(c *Config) { c.Checkpointing = true }},
			{"full", twoClasses, func(c *Config) { c.EarlyStopping = 1 }},
			{"full", twoClasses, func(c *Config) { c.Dropout, c.BatchSize = 0, 1 }},
			{"full", Task{"regression", 1}, nil},
			{"full", Task{"multi_label", 3}, nil},
			{"full", Task{"tagging", 2}, func(c *Config) { c.ClassWeights = "balanced" }},
			{"full", Task{"language_modeling", 0}, nil},
			{"overlay", twoClasses, nil},
			{"overlay", twoClasses, func(c *Config) { c.Checkpointing, c.BatchSize = true, 16 }},
		} {
			n++
			rows := newRows(24, 1)
			for _, e := range rows {
				e.Targets = make([]float32, test.task.Outputs)
				e.Tags = make([]int32, e.Tokens())
				// Of one length, so that every batch is as heavy as the heaviest.
				e.Sequences[0].IDs = append(e.Sequences[0].IDs[:4:4], 9, 10, 11, 12, 13, 14, 15, 3)
				e.Tags = make([]int32, e.Tokens())
			}
			o := fullOverlay(t, b, test.task)
			if test.method == "overlay" {
				o = newOverlay(t, b, 3)
			}
			c := smallConfig()
			c.Epochs = 1
			if test.change != nil {
				test.change(&c)
			}
			name := fmt.Sprintf("%s %s %s %+v", model, test.method, test.task.Kind, c)
			total, parts := EstimatePeak(b, o, test.task, c, lengthsOf(rows, rows))
			if total != parts.Total() || parts.Weights != b.Bytes() {
				t.Errorf("%s: total %d, parts %+v", name, total, parts)
			}
			score := func([]float32) float64 { return 0 }
			_, m, err := Run(t.Context(), b, o, Data{Task: test.task, Train: rows, Dev: rows, Score: score}, c, 1, Options{})
			if err != nil {
				t.Fatal(err)
			}
			predicted := total - parts.Weights - parts.Scratch
			if predicted < m.PeakBytes || float64(predicted) > 1.15*float64(m.PeakBytes) {
				t.Errorf("%s: predicted %d, measured %d (%.3f)", name, predicted, m.PeakBytes, float64(predicted)/float64(m.PeakBytes))
			}
		}
	}
	if n != 20 {
		t.Errorf("%d shapes", n)
	}
}

func TestEstimatePeakNeedsNoWeights(t *testing.T) {
	b := newBERT(t)
	dry, err := lm.NewDry(b.Config())
	if err != nil {
		t.Fatal(err)
	}
	overlay := func(base *lm.Base, dry bool) *nn.Overlay {
		o := nn.NewOverlay(dry)
		t.Cleanup(o.Free)
		for _, s := range base.Arch.Specs() {
			rows, cols := s.Matrix()
			o.Replaced[s.Name] = nn.NewParam(o.Arena, s.Name, rows, cols)
		}
		head, err := nn.NewHead(o.Arena, base.Config(), nn.HeadSpec{Task: "classification", Outputs: 2}, tensor.NewKey(1, "head"))
		if err != nil {
			t.Fatal(err)
		}
		o.Head = head
		return o
	}
	lengths := lengthsOf(newRows(30, 1), newRows(10, 2))
	c := smallConfig()
	c.EarlyStopping = 1
	want, _ := EstimatePeak(b, overlay(b, false), twoClasses, c, lengths)
	if got, _ := EstimatePeak(dry, overlay(dry, true), twoClasses, c, lengths); got != want {
		t.Errorf("EstimatePeak of a model without weights = %d, with them %d", got, want)
	}
}

func TestEstimatePeakTakesTheLongestRows(t *testing.T) {
	b := newBERT(t)
	o := newOverlay(t, b, 3)
	c := smallConfig()
	c.BatchSize = 2
	_, want := EstimatePeak(b, o, twoClasses, c, Lengths{Train: [][]int{{20}, {30}}})
	_, got := EstimatePeak(b, o, twoClasses, c, Lengths{Train: [][]int{{3}, {20}, {4}, {30}, {5}}})
	if got.Activations != want.Activations {
		t.Errorf("activations %d, want %d: those of the two longest rows", got.Activations, want.Activations)
	}
}

func TestEstimateInferenceIsExact(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		o, rows := newOverlay(t, b, 3), newRows(500, 1)
		a := tensor.NewArena()
		defer a.Free()
		predict(a, b, o, start{}, rows)
		if got := EstimateInference(b, o, lengthsOf(rows, nil).Train); got != a.Resident() {
			t.Errorf("EstimateInference = %d, measured %d", got, a.Resident())
		}
	})
}

// A language model's texts are scored in batches, whose memory is predicted
// before it is known which tokens are masked.
func TestEstimateInferenceBoundsLanguageLoss(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		o := nn.NewOverlay(false)
		defer o.Free()
		o.Head = &nn.Head{Task: "language_modeling"}
		rows := newRows(700, 1)
		a := tensor.NewArena()
		defer a.Free()
		var texts []scoredText
		for i, e := range rows {
			batch, index, labels := languageTargets(b, []*Example{e}, tensor.NewKey(1, "mask").At(uint64(i)))
			texts = append(texts, scoredText{batch, index, labels})
		}
		scoreTexts(b, o, a, texts)
		got := EstimateInference(b, o, lengthsOf(rows, nil).Train)
		if got < a.Resident() || float64(got) > 1.3*float64(a.Resident()) {
			t.Errorf("EstimateInference = %d, measured %d", got, a.Resident())
		}
	})
}

// How texts are batched changes no bit of their losses.
func TestLanguageLossDoesNotDependOnBatches(t *testing.T) {
	eachModel(t, func(t *testing.T, b *lm.Base) {
		rows, key := newRows(600, 1), tensor.NewKey(1, "mask")
		_, all := LanguageLoss(b, nil, rows, key)
		a := tensor.NewArena()
		defer a.Free()
		for i := range rows[:40] {
			batch, index, labels := languageTargets(b, rows[i:i+1], key.At(uint64(i)))
			if alone := scoreTexts(b, nil, a, []scoredText{{batch, index, labels}})[0]; alone != all[i] {
				t.Errorf("text %d: %v alone, %v in a batch", i, alone, all[i])
			}
		}
	})
}
