package optim

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/tensor"
)

func TestSchedules(t *testing.T) {
	for _, test := range []struct {
		schedule Schedule
		want     []float64
	}{
		{Schedule{"constant", 2, 0, 3}, []float64{2, 2, 2}},
		{Schedule{"constant", 2, 2, 4}, []float64{1, 2, 2, 2}},
		{Schedule{"linear", 2, 0, 4}, []float64{2, 1.5, 1, 0.5}},
		{Schedule{"linear", 4, 2, 6}, []float64{2, 4, 4, 3, 2, 1}},
		{Schedule{"cosine", 4, 1, 5}, []float64{4, 4, 2 + math.Sqrt2, 2, 2 - math.Sqrt2}},
		{Schedule{"linear", 3, 3, 3}, []float64{1, 2, 3}},
	} {
		for i, want := range test.want {
			if got := test.schedule.At(i); math.Abs(got-want) > 1e-12 {
				t.Errorf("%+v: At(%d) = %v, want %v", test.schedule, i, got, want)
			}
		}
	}
}

// params makes parameters of 1, 2, … numbers that are all 1.
func params(a *tensor.Arena, n int) []*nn.Param {
	var list []*nn.Param
	for i := range n {
		p := nn.NewParam(a, "", 1, i+1)
		tensor.Fill(p.Value, 1)
		list = append(list, p)
	}
	return list
}

// setGradient makes every element of a parameter's gradient g.
func setGradient(p *nn.Param, g float32) {
	buffer, _ := p.Buffer()
	tensor.Fill(buffer, g)
	p.MarkFilled()
}

func TestFirstStepMovesByTheLearningRate(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	ps := params(a, 4)
	ps[1].LRScale, ps[2].NoDecay = 0.5, true
	c := DefaultAdamW()
	c.WeightDecay = 0.1
	o := NewAdamW(a, ps, c)
	o.StartStep(0)
	for _, p := range ps[:3] {
		setGradient(p, -3)
	}
	o.Step(0.01)
	// m/√v is -1 in the first step whatever the size of the gradient; decay
	// takes lr·0.1 of a weight of 1, and alone moves what has no gradient.
	for i, want := range []float32{1 - 0.001 + 0.01, 1 - 0.0005 + 0.005, 1 + 0.01, 1 - 0.001} {
		for _, got := range ps[i].Value.Slice() {
			if math.Abs(float64(got-want)) > 1e-6 {
				t.Errorf("parameter %d = %v, want %v", i, got, want)
			}
		}
	}
}

func TestClippingBoundsTheGlobalNorm(t *testing.T) {
	// One step of AdamW hides the size of a gradient, so it is seen in m: the
	// second step's m/√v depends on the ratio of the two gradients.
	second := func(clip float64, first, then float32) float32 {
		a := tensor.NewArena()
		defer a.Free()
		c := DefaultAdamW()
		c.GradientClip = clip
		ps := params(a, 2)
		o := NewAdamW(a, ps, c)
		for _, g := range []float32{first, then} {
			o.StartStep(0)
			for _, p := range ps {
				setGradient(p, g)
			}
			o.Step(0.1)
		}
		return ps[0].Value.Slice()[0]
	}
	// Three elements of 5 have a norm of 8.7: clipped to that of 1, and so to
	// the same bits as 50, but not as 0.1.
	if a, b := second(1, 1, 5), second(1, 1, 50); math.Abs(float64(a-b)) > 1e-6 {
		t.Errorf("clipped gradients of 5 and 50 move to %v and %v", a, b)
	}
	if a, b := second(0, 1, 5), second(0, 1, 50); math.Abs(float64(a-b)) < 1e-4 {
		t.Errorf("unclipped gradients of 5 and 50 both move to %v", a)
	}
	if a, b := second(1, 1, 0.1), second(0, 1, 0.1); a == b {
		t.Errorf("a first gradient of norm 1.7 is not clipped: %v", a)
	}
}

func TestPausedParametersWaitForTheirTime(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	ps := params(a, 2)
	ps[1].Since = 0.5
	o := NewAdamW(a, ps, DefaultAdamW())
	for step, moves := range []bool{false, false, true, true} {
		before := ps[1].Value.Slice()[0]
		o.StartStep(float64(step) / 4)
		if ps[1].Trained() != moves {
			t.Errorf("step %d: the second parameter is trained: %v, want %v", step, ps[1].Trained(), moves)
		}
		setGradient(ps[0], 1)
		setGradient(ps[1], 1)
		o.Step(0.1)
		if moved := ps[1].Value.Slice()[0] != before; moved != moves {
			t.Errorf("step %d: the second parameter moved: %v, want %v", step, moved, moves)
		}
	}
	if !slices.Equal(o.Steps(), []int{4, 2}) {
		t.Errorf("steps %v, want [4 2]: bias correction starts when a parameter does", o.Steps())
	}
	o.Close()
	if ps[0].Trained() {
		t.Error("a parameter is trained after Close")
	}
}

// Rows without a gradient must move as under a whole gradient with zeros.
func TestSparseGradientsGiveTheBitsOfWholeOnes(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	const rows, cols = 2*blockRows + 7, 5
	make := func() (*nn.Param, *AdamW) {
		p := nn.NewParam(a, "", rows, cols)
		tensor.FillUniform(p.Value, -1, 1, tensor.NewKey(1, "table"))
		c := DefaultAdamW()
		c.WeightDecay = 0.1
		return p, NewAdamW(a, []*nn.Param{p}, c)
	}
	sparse, o := make()
	whole, w := make()
	for step, ids := range [][]int32{{3, 3, 0, 256, 518}, {518, 17}, {255, 256, 511, 512, 3}, {1}} {
		o.StartStep(0)
		w.StartStep(0)
		dy := a.New(len(ids), cols)
		tensor.FillUniform(dy, -1, 1, tensor.NewKey(2, "dy").At(uint64(step)))
		// In two parts, as when two look-ups share a table.
		for _, part := range [][2]int{{0, 1}, {1, len(ids)}} {
			if part[0] < part[1] && !sparse.AddRows(dy.RowsView(part[0], part[1]), a.Ints(ids[part[0]:part[1]]), a.New, a.Ints) {
				t.Fatal("AddRows refuses few rows")
			}
		}
		if _, _, ok := sparse.SparseGrad(); !ok {
			t.Fatal("the gradient is not sparse")
		}
		tensor.ScatterAddRows(whole.Grad(), dy, a.Ints(ids))
		o.Step(0.01)
		w.Step(0.01)
		if !slices.Equal(sparse.Value.Slice(), whole.Value.Slice()) {
			t.Fatalf("step %d: sparse and whole gradients move to different weights", step)
		}
		if !slices.Equal(sparse.Grad().Slice(), whole.Grad().Slice()) {
			t.Fatalf("step %d: Grad of the sparse gradient is not the whole one", step)
		}
	}
}

func TestGradientsBecomeWholeWhereThatIsSmaller(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	p := nn.NewParam(a, "", 10, 2)
	o := NewAdamW(a, []*nn.Param{p}, DefaultAdamW())
	ones := func(n int) *tensor.Tensor {
		x := a.New(n, 2)
		tensor.Fill(x, 1)
		return x
	}
	o.StartStep(0)
	if p.AddRows(ones(6), a.Ints([]int32{1, 2, 3, 4, 5, 6}), a.New, a.Ints) {
		t.Error("6 rows of 10 stay sparse")
	}
	if !p.AddRows(ones(3), a.Ints([]int32{1, 1, 4}), a.New, a.Ints) {
		t.Error("3 rows of 10 do not stay sparse")
	}
	if p.AddRows(ones(4), a.Ints([]int32{6, 7, 8, 9}), a.New, a.Ints) {
		t.Error("6 rows of 10 in two parts stay sparse")
	}
	dense, filled := p.Buffer()
	if want := []float32{0, 0, 2, 2, 0, 0, 0, 0, 1, 1}; !filled || !slices.Equal(dense.Slice()[:10], want) {
		t.Errorf("Buffer = %v, %v, want %v", dense.Slice(), filled, want)
	}
	if p.AddRows(ones(1), a.Ints([]int32{7}), a.New, a.Ints) {
		t.Error("a whole gradient takes rows")
	}
}

func TestRestoredStateGoesOnTheSame(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	run := func(o *AdamW, ps []*nn.Param, from, to int) {
		for step := from; step < to; step++ {
			o.StartStep(0)
			for i, p := range ps {
				setGradient(p, float32(math.Sin(float64(3*step+i))))
			}
			o.Step(0.01)
		}
	}
	whole := params(a, 3)
	o := NewAdamW(a, whole, DefaultAdamW())
	run(o, whole, 0, 3)
	path := filepath.Join(t.TempDir(), "state")
	if err := safetensors.Write(path, nil, o.State()); err != nil {
		t.Fatal(err)
	}
	steps := slices.Clone(o.Steps())
	run(o, whole, 3, 6)

	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parts := params(a, 3)
	o = NewAdamW(a, parts, DefaultAdamW())
	if err := o.Restore(f, steps); err != nil {
		t.Fatal(err)
	}
	run(o, parts, 3, 6)
	for i := range whole {
		if !slices.Equal(whole[i].Value.Slice(), parts[i].Value.Slice()) {
			t.Errorf("parameter %d = %v after restoring, %v without a stop", i, parts[i].Value.Slice(), whole[i].Value.Slice())
		}
	}
	if err := NewAdamW(a, params(a, 2), DefaultAdamW()).Restore(f, steps); err == nil {
		t.Error("Restore of another number of parameters: no error")
	}
	if err := NewAdamW(a, params(a, 4)[1:], DefaultAdamW()).Restore(f, steps); err == nil {
		t.Error("Restore of other shapes: no error")
	}
}
