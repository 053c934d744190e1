package autodiff

import (
	"math"
	"slices"
	"testing"

	"runexp/internal/lm/tensor"
)

// A node of a random graph: an operation on earlier nodes, all [rows, cols].
type node struct {
	op     int
	inputs []int
	frozen bool // a constant leaf
}

const (
	graphRows = 6
	graphCols = 8
)

// graphOps are operations that keep the shape; params are leaves of their own.
var graphOps = []struct {
	name   string
	inputs int
	params [][2]int
	run    func(t *Tape, in, params []*Var, key tensor.Key) *Var
}{
	{"Add", 2, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var { return t.Add(in[0], in[1]) }},
	{"AddScaled", 2, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var { return t.AddScaled(in[0], in[1], 0.5) }},
	{"SwiGLU", 2, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var { return t.SwiGLU(in[0], in[1]) }},
	{"Linear", 1, [][2]int{{graphCols, graphCols}, {1, graphCols}}, func(t *Tape, in, p []*Var, _ tensor.Key) *Var { return t.Linear(in[0], p[0], p[1], OutIn) }},
	{"Conv1D", 1, [][2]int{{graphCols, graphCols}}, func(t *Tape, in, p []*Var, _ tensor.Key) *Var { return t.Linear(in[0], p[0], nil, InOut) }},
	{"LayerNorm", 1, [][2]int{{1, graphCols}, {1, graphCols}}, func(t *Tape, in, p []*Var, _ tensor.Key) *Var { return t.LayerNorm(in[0], p[0], p[1], 1e-5) }},
	{"RMSNorm", 1, [][2]int{{1, graphCols}}, func(t *Tape, in, p []*Var, _ tensor.Key) *Var { return t.RMSNorm(in[0], p[0], 1e-5) }},
	{"Tanh", 1, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var { return t.Activate(in[0], tensor.Tanh) }},
	{"Scale", 1, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var { return t.Scale(in[0], 0.7) }},
	{"ScaleColumns", 1, [][2]int{{1, graphCols}}, func(t *Tape, in, p []*Var, _ tensor.Key) *Var { return t.ScaleColumns(in[0], p[0]) }},
	{"Dropout", 1, nil, func(t *Tape, in, _ []*Var, key tensor.Key) *Var { return t.DropoutAlways(in[0], 0.3, key) }},
	{"DropoutAdd", 2, nil, func(t *Tape, in, _ []*Var, key tensor.Key) *Var {
		return t.DropoutAdd(t.Scale(in[0], 1.5), in[1], 0.3, key)
	}},
	{"Attention", 3, nil, func(t *Tape, in, _ []*Var, key tensor.Key) *Var {
		c := tensor.AttentionConfig{Heads: 2, KVHeads: 2, HeadDim: 4, Scale: 0.5, Causal: true, Dropout: 0.2, Key: key}
		return t.Attention(in[0], in[1], in[2], t.Arena().Ints([]int32{0, 2, graphRows}), nil, nil, c)
	}},
	{"Gather", 1, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var {
		return t.Gather(in[0], t.Arena().Ints([]int32{5, 5, 0, 1, 2, 0}))
	}},
	{"Concat", 2, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var {
		return t.Gather(t.Concat(in[0], in[1]), t.Arena().Ints([]int32{0, 11, 5, 6, 7, 1}))
	}},
	{"Columns", 1, nil, func(t *Tape, in, _ []*Var, _ tensor.Key) *Var {
		h := t.Columns(in[0], 4, 8)
		return t.Reshape(t.Concat(h, h), graphRows, graphCols)
	}},
}

// A graph is built from a key: the same key, the same graph.
type graph struct {
	key   tensor.Key
	nodes []node
}

func newGraph(seed uint64) *graph {
	g := &graph{key: tensor.NewKey(seed, "graph")}
	for i := range 40 {
		k := g.key.At(uint64(i))
		if i < 4 {
			g.nodes = append(g.nodes, node{op: -1, frozen: k.Float64(0) < 0.4})
			continue
		}
		n := node{op: int(k.Uint64(0) % uint64(len(graphOps)))}
		for j := range graphOps[n.op].inputs {
			// Near ones make it deep, far ones make values live long.
			back := 1 + int(k.Uint64(uint64(1+j))%uint64(min(i, 10)))
			n.inputs = append(n.inputs, i-back)
		}
		g.nodes = append(g.nodes, n)
	}
	return g
}

// leaf puts the p-th parameter of node i on the tape: its value is a function
// of the graph's key; half of the parameters are trained.
func (g *graph) leaf(t *Tape, i, p, rows, cols int, trained bool, into map[[2]int]*buffer) *Var {
	key := tensor.NewKey(g.key.Uint64(uint64(i)), "leaf").At(uint64(p))
	x := t.Arena().New(rows, cols)
	tensor.FillUniform(x, -1, 1, key)
	if !trained {
		return t.Const(x)
	}
	b := &buffer{grad: t.Arena().New(rows, cols)}
	into[[2]int{i, p}] = b
	return t.Leaf(x, b)
}

func (g *graph) trained(i, p int) bool {
	if g.nodes[i].op < 0 {
		return !g.nodes[i].frozen
	}
	return g.key.At(uint64(i)).Float64(uint64(50+p)) < 0.5
}

// forward runs node i given its inputs.
func (g *graph) forward(t *Tape, i int, in []*Var, into map[[2]int]*buffer) *Var {
	n := g.nodes[i]
	if n.op < 0 {
		return g.leaf(t, i, 0, graphRows, graphCols, g.trained(i, 0), into)
	}
	op := graphOps[n.op]
	var params []*Var
	for p, s := range op.params {
		params = append(params, g.leaf(t, i, p, s[0], s[1], g.trained(i, p), into))
	}
	return op.run(t, in, params, g.key.At(uint64(1000+i)))
}

// whole differentiates the graph on one tape, whose memory is reused.
func (g *graph) whole() map[[2]int][]float32 {
	a := tensor.NewArena()
	defer a.Free()
	t := New(a, true)
	buffers := map[[2]int]*buffer{}
	vars := make([]*Var, len(g.nodes))
	for i, n := range g.nodes {
		var in []*Var
		for _, j := range n.inputs {
			in = append(in, vars[j])
		}
		vars[i] = g.forward(t, i, in, buffers)
	}
	var sum *Var
	for i := len(vars) - 3; i < len(vars); i++ {
		d := dot(t, vars[i], g.key.At(uint64(2000+i)))
		if sum == nil {
			sum = d
		} else {
			sum = t.Add(sum, d)
		}
	}
	out := map[[2]int][]float32{}
	if !sum.Needs() {
		return out
	}
	t.Backward(sum)
	for k, b := range buffers {
		if b.filled {
			out[k] = slices.Clone(b.grad.Slice())
		}
	}
	return out
}

// oneByOne differentiates each node on a tape and an arena of its own, so
// that nothing is ever reused, and adds the gradients up in Go.
func (g *graph) oneByOne() map[[2]int][]float32 {
	a := tensor.NewArena()
	defer a.Free()
	values, needs := make([]*tensor.Tensor, len(g.nodes)), make([]bool, len(g.nodes))
	plain := New(a, false)
	for i, n := range g.nodes {
		var in []*Var
		for _, j := range n.inputs {
			v := plain.Const(values[j])
			v.needs = needs[j]
			in = append(in, v)
		}
		y := g.forward(plain, i, in, map[[2]int]*buffer{})
		values[i], needs[i] = y.Value, y.needs
	}
	upstream := make([][]float32, len(g.nodes))
	for i := range upstream {
		upstream[i] = make([]float32, graphRows*graphCols)
		if i >= len(g.nodes)-3 {
			r := a.New(1, len(upstream[i]))
			tensor.FillUniform(r, -1, 1, g.key.At(uint64(2000+i)))
			copy(upstream[i], r.Slice())
		}
	}
	out := map[[2]int][]float32{}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		if !needs[i] {
			continue
		}
		n := g.nodes[i]
		own := tensor.NewArena()
		t := New(own, true)
		params, inputs := map[[2]int]*buffer{}, make([]*buffer, len(n.inputs))
		var in []*Var
		for k, j := range n.inputs {
			if !needs[j] {
				in = append(in, t.Const(values[j]))
				continue
			}
			inputs[k] = &buffer{grad: own.New(graphRows, graphCols)}
			in = append(in, t.Leaf(values[j], inputs[k]))
		}
		y := g.forward(t, i, in, params)
		r := own.From(1, len(upstream[i]), upstream[i])
		t.Backward(t.Linear(t.Reshape(y, 1, len(upstream[i])), t.Const(r), nil, OutIn))
		for k, b := range params {
			out[k] = slices.Clone(b.grad.Slice())
		}
		for k, j := range n.inputs {
			if inputs[k] != nil {
				for e, v := range inputs[k].grad.Slice() {
					upstream[j][e] += v
				}
			}
		}
		own.Free()
	}
	return out
}

// The free list must never hand out what is still read: gradients on one tape
// are those of separate tapes, up to the order of a few additions.
func TestReuseNeverCorruptsRandomGraphs(t *testing.T) {
	compared := 0
	for seed := range uint64(300) {
		g := newGraph(seed)
		got, want := g.whole(), g.oneByOne()
		for k, w := range want {
			x, ok := got[k]
			if !ok {
				if slices.ContainsFunc(w, func(v float32) bool { return v != 0 }) {
					t.Fatalf("graph %d: parameter %v has no gradient, want %v", seed, k, w)
				}
				continue
			}
			compared++
			largest := 1e-6
			for _, v := range w {
				largest = max(largest, math.Abs(float64(v)))
			}
			for i := range w {
				if d := math.Abs(float64(x[i]-w[i])) / largest; !(d <= 1e-3) {
					t.Fatalf("graph %d: gradient of parameter %v at %d = %v, on its own %v", seed, k, i, x[i], w[i])
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d gradients compared", compared)
	}
}
