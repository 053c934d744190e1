package train

import (
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

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

func TestRunsShareABase(t *testing.T) {
	b := newBERT(t)
	var before [][]float32
	for _, s := range b.Arch.Specs() {
		before = append(before, slices.Clone(b.Weights[s.Name].Value.Slice()))
	}
	rows := newRows(20, 1)
	data := Data{Task: twoClasses, Train: rows, Dev: rows, Score: accuracy(rows)}
	want := run(t, b, data, smallConfig(), Options{})
	var overlays [3]*nn.Overlay
	var results [3]*Result
	var wait sync.WaitGroup
	for i := range overlays {
		overlays[i] = newOverlay(t, b, 3)
		wait.Go(func() {
			var err error
			if results[i], _, err = Run(t.Context(), b, overlays[i], data, smallConfig(), 3, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i, o := range overlays {
		if results[i] != nil && !reflect.DeepEqual(trained{state(o), *results[i]}, want) {
			t.Errorf("side by side: %+v, alone: %+v", *results[i], want.Result)
		}
	}
	for i, s := range b.Arch.Specs() {
		if !slices.Equal(b.Weights[s.Name].Value.Slice(), before[i]) {
			t.Errorf("training changed the base's %s", s.Name)
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
