package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// newBERT is a small untrained encoder with dropout.
func newBERT(t *testing.T) *lm.Base {
	t.Helper()
	return newBase(t, &nn.Config{
		ModelType: "bert", Vocabulary: 60, Hidden: 32, Layers: 2, Heads: 4, KVHeads: 4, Intermediate: 48, MaxPositions: 32, TypeVocab: 2,
		Activation: "gelu", Eps: 1e-12, Dropout: 0.1, AttnDropout: 0.1, HeadDropout: 0.1, InitStd: 0.2, Pooler: true, LMHead: true,
	})
}

// newLlama is a small untrained decoder.
func newLlama(t *testing.T) *lm.Base {
	t.Helper()
	return newBase(t, &nn.Config{
		ModelType: "llama", Vocabulary: 60, Hidden: 32, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 8, Intermediate: 48, MaxPositions: 32,
		Activation: "silu", Eps: 1e-5, RopeTheta: 1e4, InitStd: 0.2, TiedHead: true, LMHead: true,
	})
}

func newBase(t *testing.T, c *nn.Config) *lm.Base {
	t.Helper()
	b, err := lm.New(c, tokenizer.NewHashing(c.Vocabulary), tensor.NewKey(1, "test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// newOverlay replaces the query weights and adds LoRA, soft tokens and a head.
func newOverlay(t *testing.T, b *lm.Base, seed uint64) *nn.Overlay {
	t.Helper()
	o := nn.NewOverlay(false)
	t.Cleanup(o.Free)
	key := tensor.NewKey(seed, "overlay")
	draw := func(name string, rows, cols int) *nn.Param {
		p := nn.NewParam(o.Arena, name, rows, cols)
		tensor.FillNormal(p.Value, 0, 0.2, key.At(uint64(len(o.Params()))))
		return p
	}
	for _, s := range b.Arch.Sites() {
		switch s.Role {
		case "query":
			p := nn.NewParam(o.Arena, s.WeightName(), s.Out, s.In)
			tensor.Copy(p.Value, b.Weights[s.WeightName()].Value)
			o.Replaced[s.WeightName()] = p
		case "value":
			o.LowRank[s.Name] = &nn.LowRank{A: draw("A", 2, s.In), B: draw("B", s.Out, 2), Scale: 2, Dropout: 0.1}
		}
	}
	o.Soft = &nn.Soft{Embedding: draw("soft", 2, b.Config().Hidden), At: 1}
	head, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: "classification", Outputs: 2}, tensor.NewKey(seed, "head"))
	if err != nil {
		t.Fatal(err)
	}
	o.Head = head
	return o
}

// newRows draws rows of two classes that differ in how often two words occur.
func newRows(n int, seed uint64) []*Example {
	key := tensor.NewKey(seed, "rows")
	var rows []*Example
	for i := range n {
		k := key.At(uint64(i))
		label := int32(i % 2)
		ids := []int32{2}
		for j := range 3 + k.Uint64(0)%8 {
			id := int32(7 + k.Uint64(j+1)%40)
			if k.Float64(100+j) < 0.4 {
				id = 5 + label
			}
			ids = append(ids, id)
		}
		rows = append(rows, &Example{Sequences: []Sequence{{IDs: append(ids, 3), Mask: -1}}, Label: label})
	}
	return rows
}

var twoClasses = Task{Kind: "classification", Outputs: 2}

func accuracy(rows []*Example) Score {
	return func(out []float32) float64 {
		right := 0
		for i, e := range rows {
			if (out[2*i+1] > out[2*i]) == (e.Label == 1) {
				right++
			}
		}
		return float64(right) / float64(len(rows))
	}
}

// state is all bits of an overlay.
func state(o *nn.Overlay) [][]float32 {
	var all [][]float32
	for _, p := range o.Params() {
		all = append(all, slices.Clone(p.Value.Slice()))
	}
	return all
}

// trained is the outcome of a run.
type trained struct {
	State  [][]float32
	Result Result
}

func run(t *testing.T, b *lm.Base, data Data, c Config, o Options) trained {
	t.Helper()
	overlay := newOverlay(t, b, 3)
	r, _, err := Run(t.Context(), b, overlay, data, c, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	return trained{state(overlay), *r}
}

func smallConfig() Config {
	c := NewConfig()
	c.Epochs, c.BatchSize, c.LearningRate = 3, 6, 5e-3
	return c
}

func TestRunDoesNotDependOnThreads(t *testing.T) {
	b := newBERT(t)
	defer tensor.SetThreads(tensor.Threads())
	rows := newRows(20, 1)
	var first trained
	for _, n := range []int{1, 2, 4} {
		tensor.SetThreads(n)
		got := run(t, b, Data{Task: twoClasses, Train: rows, Dev: rows, Score: accuracy(rows)}, smallConfig(), Options{})
		if n == 1 {
			first = got
		} else if !reflect.DeepEqual(got, first) {
			t.Errorf("with %d threads: %+v, with 1: %+v", n, got.Result, first.Result)
		}
	}
}

func TestRunLearnsAndSeedsMatter(t *testing.T) {
	b := newBERT(t)
	rows := newRows(40, 1)
	c := smallConfig()
	c.Epochs = 8
	data := Data{Task: twoClasses, Train: rows}
	got := run(t, b, data, c, Options{})
	if got.Result.Status != OK {
		t.Fatalf("status %s: %s", got.Result.Status, got.Result.Detail)
	}
	if curve := got.Result.Curve; curve[len(curve)-1].Loss > 0.7*curve[0].Loss {
		t.Errorf("the loss fell from %v to %v only", curve[0].Loss, curve[len(curve)-1].Loss)
	}
	overlay := newOverlay(t, b, 3)
	if _, _, err := Run(t.Context(), b, overlay, data, c, 4, Options{}); err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(state(overlay), got.State) {
		t.Error("another seed of order and dropout gives the same weights")
	}
}

// stopAt returns a context and the option that ends it after a step.
func stopAt(t *testing.T, step int) (context.Context, func(step, total int, loss float64)) {
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, func(at, _ int, _ float64) {
		if at == step {
			cancel(errStop)
		}
	}
}

var errStop = errors.New("stopped by the test")

func TestResumeAtEveryStepGivesTheSameBits(t *testing.T) {
	b := newBERT(t)
	rows, dev := newRows(16, 1), newRows(10, 2)
	c := smallConfig()
	c.EarlyStopping = 2
	data := Data{Task: twoClasses, Train: rows, Dev: dev, Score: accuracy(dev)}
	want := run(t, b, data, c, Options{})
	for step := 1; step <= want.Result.Steps; step++ {
		work := t.TempDir()
		ctx, progress := stopAt(t, step)
		overlay := newOverlay(t, b, 3)
		_, _, err := Run(ctx, b, overlay, data, c, 3, Options{Work: work, Progress: progress})
		if last := step == want.Result.Steps; last != (err == nil) || !last && !errors.Is(err, errStop) {
			t.Fatalf("stopped after step %d of %d: error %v", step, want.Result.Steps, err)
		}
		overlay = newOverlay(t, b, 3)
		r, m, err := Run(t.Context(), b, overlay, data, c, 3, Options{Work: work})
		if err != nil {
			t.Fatal(err)
		}
		if m.Resumed != step {
			t.Errorf("resumed at step %d, want %d", m.Resumed, step)
		}
		if got := (trained{state(overlay), *r}); !reflect.DeepEqual(got, want) {
			t.Errorf("resumed at step %d: %+v, want %+v", step, got.Result, want.Result)
		}
	}
}

func TestTornCheckpointFallsBackToTheOneBefore(t *testing.T) {
	b := newBERT(t)
	data := Data{Task: twoClasses, Train: newRows(16, 1)}
	want := run(t, b, data, smallConfig(), Options{})
	tear := map[string]func(slot string) error{
		"cut tensors":        func(slot string) error { return os.Truncate(slot+".safetensors", 1000) },
		"no tensors":         func(slot string) error { return os.Remove(slot + ".safetensors") },
		"no description":     func(slot string) error { return os.Remove(slot + ".json") },
		"cut description":    func(slot string) error { return os.Truncate(slot+".json", 20) },
		"other tensors":      func(slot string) error { return os.WriteFile(slot+".safetensors", []byte("{}"), 0o666) },
		"both pairs damaged": func(string) error { return nil },
	}
	for name, damage := range tear {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			clock := time.Unix(0, 0)
			ctx, progress := stopAt(t, 5)
			o := Options{Work: work, Every: time.Second, Progress: progress, Now: func() time.Time { clock = clock.Add(time.Minute); return clock }}
			if _, _, err := Run(ctx, b, newOverlay(t, b, 3), data, smallConfig(), 3, o); !errors.Is(err, errStop) {
				t.Fatal(err)
			}
			// Five steps were saved into slots 1 0 1 0 1.
			if err := damage(filepath.Join(work, "checkpoint-1")); err != nil {
				t.Fatal(err)
			}
			resumed := 4
			if name == "both pairs damaged" {
				resumed = 0
				for slot := range 2 {
					if err := os.Truncate(filepath.Join(work, fmt.Sprintf("checkpoint-%d.safetensors", slot)), 10); err != nil {
						t.Fatal(err)
					}
				}
			}
			overlay := newOverlay(t, b, 3)
			r, m, err := Run(t.Context(), b, overlay, data, smallConfig(), 3, Options{Work: work})
			if err != nil {
				t.Fatal(err)
			}
			if m.Resumed != resumed || !reflect.DeepEqual(trained{state(overlay), *r}, want) {
				t.Errorf("resumed at step %d, want %d; result %+v, want %+v", m.Resumed, resumed, *r, want.Result)
			}
		})
	}
}

func TestEarlyStoppingKeepsTheBestState(t *testing.T) {
	b := newBERT(t)
	rows := newRows(12, 1) // 2 steps an epoch
	scores := []float64{0.5, 0.7, 0.7, 0.6, 0.9, 0.9, 0.9}
	for _, test := range []struct {
		patience, steps, kept int
		stopped               bool
	}{
		{patience: 2, steps: 8, kept: 4, stopped: true},
		{patience: 3, steps: 14, kept: 10},
		{patience: 0, steps: 14, kept: 14},
	} {
		c := smallConfig()
		c.Epochs, c.EarlyStopping, c.Schedule, c.Warmup = 7, test.patience, "constant", 0
		epoch := 0
		score := func([]float32) float64 { epoch++; return scores[epoch-1] }
		got := run(t, b, Data{Task: twoClasses, Train: rows, Dev: rows, Score: score}, c, Options{})
		if r := got.Result; r.Steps != test.steps || r.Kept != test.kept || r.Stopped != test.stopped {
			t.Errorf("patience %d: steps %d, kept %d, stopped %v, want %d, %d, %v", test.patience, r.Steps, r.Kept, r.Stopped, test.steps, test.kept, test.stopped)
		}
		c.EarlyStopping, c.Steps = 0, test.kept
		if want := run(t, b, Data{Task: twoClasses, Train: rows}, c, Options{}); !reflect.DeepEqual(got.State, want.State) {
			t.Errorf("patience %d: the weights are not those of step %d", test.patience, test.kept)
		}
	}
}

func TestGuards(t *testing.T) {
	b := newBERT(t)
	rows := newRows(12, 1)
	data := Data{Task: twoClasses, Train: rows}
	nan := data
	nan.Dev, nan.Score = rows, func([]float32) float64 { return math.NaN() }
	for _, test := range []struct {
		name   string
		data   Data
		change func(c *Config)
		want   Status
	}{
		{"a huge learning rate", data, func(c *Config) { c.LearningRate, c.GradientClip = 1e30, 0 }, Diverged},
		{"a learning rate that the last step only sees", data, func(c *Config) { c.Steps, c.LearningRate = 1, 1e39 }, Diverged},
		{"a dev score that is not a number", nan, func(c *Config) { c.EarlyStopping = 1 }, Diverged},
		{"a vanishing learning rate", data, func(c *Config) { c.LearningRate, c.Dropout, c.BatchSize, c.Steps = 1e-30, 0, 12, 10 }, NotLearned},
		{"a head that does not move", data, func(c *Config) { c.LearningRate, c.Steps = 1e-30, 2 }, NotLearned},
	} {
		c := smallConfig()
		test.change(&c)
		if r := run(t, b, test.data, c, Options{}).Result; r.Status != test.want || r.Detail == "" {
			t.Errorf("%s: status %q (%s), want %q", test.name, r.Status, r.Detail, test.want)
		}
	}
}

func TestLanguageModelOfSingleTokensHasNothingToLearn(t *testing.T) {
	b := newLlama(t)
	rows := []*Example{{Sequences: []Sequence{{IDs: []int32{5}, Mask: -1}}}, {Sequences: []Sequence{{Mask: -1}}}}
	o := fullOverlay(t, b, Task{Kind: "language_modeling"})
	r, _, err := Run(t.Context(), b, o, Data{Task: Task{Kind: "language_modeling"}, Train: rows}, smallConfig(), 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status == Diverged || r.Curve[0].Loss != 0 {
		t.Errorf("status %s (%s), loss %v, want 0", r.Status, r.Detail, r.Curve[0].Loss)
	}
}

func TestSmallerSubsetsAreNested(t *testing.T) {
	rows := newRows(30, 1)
	large := subset(rows, 20, 5)
	for n := 1; n < 20; n++ {
		if small := subset(rows, n, 5); !slices.Equal(small, large[:n]) {
			t.Errorf("the subset of %d rows is not part of that of 20", n)
		}
	}
	if slices.Equal(subset(rows, 20, 6), large) {
		t.Error("another seed draws the same subset")
	}
	if !slices.Equal(subset(rows, 0, 5), rows) || !slices.Equal(subset(rows, 31, 5), rows) {
		t.Error("all rows are not left as they are")
	}
}

func TestEachEpochSeesEachRowOnce(t *testing.T) {
	b := newBERT(t)
	rows := newRows(17, 1)
	c := smallConfig()
	l, err := newLoop(b, newOverlay(t, b, 3), Data{Task: twoClasses, Train: rows}, c, 3, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if l.perEpoch != 3 || l.total != 9 {
		t.Errorf("%d steps an epoch, %d in all, want 3 and 9", l.perEpoch, l.total)
	}
	if _, _, err := l.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	tokens := 0
	for _, e := range rows {
		tokens += e.Tokens()
	}
	if l.result.Tokens != int64(3*tokens) {
		t.Errorf("%d tokens seen, want %d", l.result.Tokens, 3*tokens)
	}
}

func TestRunRefusesRowsThatDoNotFitTheTask(t *testing.T) {
	b := newBERT(t)
	ids := Sequence{IDs: []int32{2, 7, 3}, Mask: -1}
	one := []Sequence{ids}
	for name, c := range map[string]struct {
		task Task
		rows []*Example
	}{
		"no rows":          {twoClasses, nil},
		"a label too high": {twoClasses, []*Example{{Sequences: one, Label: 2}}},
		"a label too low":  {twoClasses, []*Example{{Sequences: one, Label: -1}}},
		"no tokens":        {twoClasses, []*Example{{Sequences: []Sequence{{Mask: -1}}}}},
		"ragged choices":   {Task{"multiple_choice", 1}, []*Example{{Sequences: []Sequence{ids, ids}}, {Sequences: one}}},
		"choice too high":  {Task{"multiple_choice", 1}, []*Example{{Sequences: []Sequence{ids, ids}, Label: 2}}},
		"missing targets":  {Task{"multi_label", 2}, []*Example{{Sequences: one, Targets: []float32{1}}}},
		"missing tags":     {Task{"tagging", 2}, []*Example{{Sequences: one, Tags: []int32{0, 1}}}},
		"a tag too high":   {Task{"tagging", 2}, []*Example{{Sequences: one, Tags: []int32{0, 1, 2}}}},
	} {
		if _, _, err := Run(t.Context(), b, newOverlay(t, b, 3), Data{Task: c.task, Train: c.rows}, smallConfig(), 1, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
