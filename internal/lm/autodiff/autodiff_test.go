package autodiff

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"runexp/internal/lm/tensor"
)

// buffer collects the gradient of a leaf, as a trained parameter does.
type buffer struct {
	grad   *tensor.Tensor
	filled bool
}

func (b *buffer) Buffer() (*tensor.Tensor, bool) { return b.grad, b.filled }
func (b *buffer) MarkFilled()                    { b.filled = true }

// An opCase is an operation of the tape at some odd sizes.
type opCase struct {
	name   string
	shapes [][2]int // of the inputs
	run    func(t *Tape, in []*Var) *Var
	// low and high bound the inputs; both 0 for -1 to 1.
	low, high float32
}

var dropKey = tensor.NewKey(3, "dropout")

func opCases() []opCase {
	ints := func(t *Tape, v ...int32) *tensor.Ints { return t.Arena().Ints(v) }
	fill := func(t *Tape, rows, cols int, purpose string) *tensor.Tensor {
		x := t.Arena().New(rows, cols)
		tensor.FillUniform(x, 0, 1, tensor.NewKey(5, purpose))
		return x
	}
	attention := func(causal bool, kv int, rate float32) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var {
			var pk, pv *Var
			if len(in) == 5 {
				pk, pv = in[3], in[4]
			}
			c := tensor.AttentionConfig{Heads: 4, KVHeads: kv, HeadDim: 3, Scale: 0.7, Causal: causal, Dropout: rate, Key: dropKey}
			return t.Attention(in[0], in[1], in[2], ints(t, 0, 4, 4, 9), pk, pv, c)
		}
	}
	cases := []opCase{
		{name: "Linear", shapes: [][2]int{{5, 7}, {3, 7}, {1, 3}}, run: func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], in[2], OutIn) }},
		{name: "Linear InOut", shapes: [][2]int{{5, 7}, {7, 3}, {1, 3}}, run: func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], in[2], InOut) }},
		{name: "Linear without bias", shapes: [][2]int{{1, 9}, {4, 9}}, run: func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], nil, OutIn) }},
		{name: "AddBias", shapes: [][2]int{{5, 7}, {1, 7}}, run: func(t *Tape, in []*Var) *Var { return t.AddBias(in[0], in[1]) }},
		{name: "ScaleColumns", shapes: [][2]int{{5, 7}, {1, 7}}, run: func(t *Tape, in []*Var) *Var { return t.ScaleColumns(in[0], in[1]) }},
		{name: "Add", shapes: [][2]int{{5, 7}, {5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Add(in[0], in[1]) }},
		{name: "AddScaled", shapes: [][2]int{{5, 7}, {5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.AddScaled(in[0], in[1], -1.5) }},
		{name: "Scale", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Scale(in[0], -1.5) }},
		{name: "SwiGLU", shapes: [][2]int{{5, 7}, {5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.SwiGLU(in[0], in[1]) }},
		{name: "Dropout", shapes: [][2]int{{5, 17}}, run: func(t *Tape, in []*Var) *Var { return t.DropoutAlways(in[0], 0.3, dropKey) }},
		{name: "DropoutAdd", shapes: [][2]int{{5, 17}, {5, 17}}, run: func(t *Tape, in []*Var) *Var { return t.DropoutAdd(in[0], in[1], 0.3, dropKey) }},
		{name: "LayerNorm", shapes: [][2]int{{5, 17}, {1, 17}, {1, 17}}, run: func(t *Tape, in []*Var) *Var { return t.LayerNorm(in[0], in[1], in[2], 1e-5) }},
		{name: "RMSNorm", shapes: [][2]int{{5, 17}, {1, 17}}, run: func(t *Tape, in []*Var) *Var { return t.RMSNorm(in[0], in[1], 1e-5) }},
		{name: "Attention", shapes: [][2]int{{9, 12}, {9, 12}, {9, 12}}, run: attention(false, 4, 0)},
		{name: "causal grouped Attention", shapes: [][2]int{{9, 12}, {9, 6}, {9, 6}}, run: attention(true, 2, 0)},
		{name: "Attention with prefix and dropout", shapes: [][2]int{{9, 12}, {9, 6}, {9, 6}, {2, 6}, {2, 6}}, run: attention(true, 2, 0.3)},
		{name: "Rotary", shapes: [][2]int{{5, 12}}, run: func(t *Tape, in []*Var) *Var {
			return t.Rotary(in[0], ints(t, 0, 3, 1, 2, 2), fill(t, 4, 3, "cos"), fill(t, 4, 3, "sin"), 6, false)
		}},
		{name: "interleaved Rotary", shapes: [][2]int{{5, 12}}, run: func(t *Tape, in []*Var) *Var {
			return t.Rotary(in[0], ints(t, 0, 3, 1, 2, 2), fill(t, 4, 3, "cos"), fill(t, 4, 3, "sin"), 6, true)
		}},
		{name: "Gather", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Gather(in[0], ints(t, 4, 0, 0, 2, 4, 4)) }},
		{name: "Spread", shapes: [][2]int{{3, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Spread(in[0], ints(t, 4, 0, 2), 5) }},
		{name: "Concat", shapes: [][2]int{{5, 7}, {2, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Concat(in[0], in[1]) }},
		{name: "Columns", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Columns(in[0], 2, 6) }},
		{name: "Reshape", shapes: [][2]int{{6, 5}}, run: func(t *Tape, in []*Var) *Var { return t.Reshape(in[0], 2, 15) }},
		{name: "SegmentMean", shapes: [][2]int{{9, 7}}, run: func(t *Tape, in []*Var) *Var { return t.SegmentMean(in[0], ints(t, 0, 4, 5, 9)) }},
		{name: "SegmentMax", shapes: [][2]int{{9, 7}}, run: func(t *Tape, in []*Var) *Var { return t.SegmentMax(in[0], ints(t, 0, 4, 5, 9)) }},
		{name: "CrossEntropy", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var {
			return t.CrossEntropy(in[0], ints(t, 3, -1, 0, 6, 3), 0.1, fill(t, 1, 7, "weights"), 4)
		}},
		{name: "BCE", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.BCE(in[0], fill(t, 5, 7, "targets"), 35) }},
		{name: "MSE", shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.MSE(in[0], fill(t, 5, 7, "targets"), 35) }},
		{name: "Activate ReLU", shapes: [][2]int{{5, 7}}, low: 0.1, high: 1, run: func(t *Tape, in []*Var) *Var { return t.Activate(in[0], tensor.ReLU) }},
	}
	for _, f := range []tensor.Activation{tensor.GELU, tensor.GELUTanh, tensor.Tanh, tensor.SiLU, tensor.Sigmoid} {
		cases = append(cases, opCase{name: fmt.Sprintf("Activate %v", f), shapes: [][2]int{{5, 7}}, run: func(t *Tape, in []*Var) *Var { return t.Activate(in[0], f) }})
	}
	return cases
}

// inputs draws the values of a case.
func (c *opCase) inputs() [][]float32 {
	a := tensor.NewArena()
	defer a.Free()
	low, high := c.low, c.high
	if low == 0 && high == 0 {
		low, high = -1, 1
	}
	var all [][]float32
	for i, s := range c.shapes {
		x := a.New(s[0], s[1])
		tensor.FillUniform(x, low, high, tensor.NewKey(1, c.name).At(uint64(i)))
		all = append(all, slices.Clone(x.Slice()))
	}
	return all
}

// dot is Σ r∘y on the tape, with r drawn from key.
func dot(t *Tape, y *Var, key tensor.Key) *Var {
	n := y.Value.Len()
	r := t.Arena().New(1, n)
	tensor.FillUniform(r, -1, 1, key)
	return t.Linear(t.Reshape(y, 1, n), t.Const(r), nil, OutIn)
}

// evaluate runs the case uses times, sums dot products of the results, and
// returns the sum and the gradients of the inputs that frozen does not name.
func (c *opCase) evaluate(values [][]float32, uses int, frozen func(i int) bool) (loss float64, grads [][]float32, t *Tape) {
	a := tensor.NewArena()
	defer a.Free()
	t = New(a, true)
	in, buffers := make([]*Var, len(values)), make([]*buffer, len(values))
	for i, v := range values {
		x := a.From(c.shapes[i][0], c.shapes[i][1], v)
		if frozen(i) {
			in[i] = t.Const(x)
		} else {
			buffers[i] = &buffer{grad: a.New(x.Rows, x.Cols)}
			tensor.Fill(buffers[i].grad, float32(math.NaN()))
			in[i] = t.Leaf(x, buffers[i])
		}
	}
	var sum *Var
	for use := range uses {
		key := tensor.NewKey(2, "upstream").At(uint64(use))
		y := c.run(t, in)
		// Summed in float64, so that differences see the operation's own roundings.
		r := a.New(1, y.Value.Len())
		tensor.FillUniform(r, -1, 1, key)
		for i, v := range y.Value.Slice() {
			loss += float64(v) * float64(r.Slice()[i])
		}
		d := dot(t, y, key)
		if sum == nil {
			sum = d
		} else {
			sum = t.Add(sum, d)
		}
	}
	grads = make([][]float32, len(values))
	if !sum.Needs() {
		return loss, grads, t
	}
	t.Backward(sum)
	for i, b := range buffers {
		if b != nil {
			grads[i] = slices.Clone(b.grad.Slice())
		}
	}
	return loss, grads, t
}

func none(int) bool { return false }

// Central differences with this step see float32 values with some 1e-7 of
// noise each and a third derivative of order 1: both errors stay below 1e-3.
const (
	step      = 1e-2
	tolerance = 2e-3
)

func TestGradientsAgreeWithFiniteDifferences(t *testing.T) {
	for _, c := range opCases() {
		for uses := 1; uses <= 2; uses++ {
			t.Run(fmt.Sprintf("%s used %d times", c.name, uses), func(t *testing.T) {
				values := c.inputs()
				_, grads, _ := c.evaluate(values, uses, none)
				for i, v := range values {
					for j, x := range v {
						v[j] = x + step
						up, _, _ := c.evaluate(values, uses, none)
						high := v[j]
						v[j] = x - step
						down, _, _ := c.evaluate(values, uses, none)
						want := (up - down) / float64(high-v[j])
						v[j] = x
						if got := float64(grads[i][j]); !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
							t.Errorf("gradient of input %d at %d = %v, differences give %v", i, j, got, want)
						}
					}
				}
			})
		}
	}
}

func TestFrozenInputsChangeNothingElse(t *testing.T) {
	for _, c := range opCases() {
		values := c.inputs()
		_, all, tape := c.evaluate(values, 1, none)
		peak := tape.Arena().Peak()
		for subset := range 1 << len(values) {
			frozen := func(i int) bool { return subset>>i&1 == 1 }
			_, some, tape := c.evaluate(values, 1, frozen)
			for i := range values {
				switch {
				case frozen(i) && some[i] != nil:
					t.Errorf("%s: frozen input %d has a gradient", c.name, i)
				case !frozen(i) && !slices.Equal(some[i], all[i]):
					t.Errorf("%s: the gradient of input %d depends on what else is trained", c.name, i)
				}
			}
			if subset == 1<<len(values)-1 && tape.Arena().Peak() > peak {
				t.Errorf("%s: more memory with everything frozen than with everything trained", c.name)
			}
		}
	}
}

func TestNothingIsRecordedForWhatIsFrozen(t *testing.T) {
	for _, c := range opCases() {
		a := tensor.NewArena()
		tape := New(a, true)
		var in []*Var
		for i, v := range c.inputs() {
			in = append(in, tape.Const(a.From(c.shapes[i][0], c.shapes[i][1], v)))
		}
		before := a.Bytes()
		y := c.run(tape, in)
		if y.Needs() || len(tape.records) != 0 {
			t.Errorf("%s: %d records although all inputs are frozen", c.name, len(tape.records))
		}
		plain := tensor.NewArena()
		evaluator := New(plain, false)
		in = in[:0]
		for i, v := range c.inputs() {
			in = append(in, evaluator.Leaf(plain.From(c.shapes[i][0], c.shapes[i][1], v), &buffer{}))
		}
		c.run(evaluator, in)
		if len(evaluator.records) != 0 {
			t.Errorf("%s: a tape without gradients records", c.name)
		}
		if got := a.Bytes() - before; got > plain.Bytes() {
			t.Errorf("%s: frozen takes %d bytes, evaluation of all %d", c.name, got, plain.Bytes())
		}
		a.Free()
		plain.Free()
	}
}

func TestDropoutLeavesWhatIsFrozenAlone(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	tape := New(a, true)
	x := a.New(5, 17)
	tensor.FillUniform(x, 1, 2, dropKey)
	c := tape.Const(x)
	if y := tape.Dropout(c, 0.5, dropKey); y != c {
		t.Error("Dropout of a frozen value is not the value")
	}
	if y := tape.DropoutAlways(c, 0.5, dropKey); slices.Equal(y.Value.Slice(), x.Slice()) {
		t.Error("DropoutAlways drops nothing of a frozen value")
	}
}

func TestBackwardRefusesWhatHasNoGradient(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	for name, make := range map[string]func(t *Tape) *Var{
		"a constant":     func(t *Tape) *Var { return t.Const(a.Zeros(1, 1)) },
		"several values": func(t *Tape) *Var { return t.Scale(t.Leaf(a.Zeros(2, 1), &buffer{grad: a.Zeros(2, 1)}), 2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Backward does not panic", name)
				}
			}()
			tape := New(a, true)
			tape.Backward(make(tape))
		}()
	}
}
