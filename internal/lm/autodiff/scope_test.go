package autodiff

import (
	"slices"
	"testing"

	"runexp/internal/lm/tensor"
)

// A network of residual layers with norms and dropout, of which the first
// frozenLayers are not trained.
type network struct {
	layers, frozenLayers int
	rows, cols           int
	scope, checkpoint    bool
}

// run returns the loss, the gradients of all trained weights, the peak of
// memory up to the backward pass, and over all.
func (n network) run() (loss float32, grads [][]float32, forwardPeak, peak int64) {
	a, weights := tensor.NewArena(), tensor.NewArena()
	defer a.Free()
	defer weights.Free()
	t := New(a, true)
	t.SetCheckpointing(n.checkpoint)
	var buffers []*buffer
	leaf := func(rows, cols, layer int) *Var {
		x := weights.New(rows, cols)
		tensor.FillUniform(x, -0.3, 0.3, tensor.NewKey(uint64(layer), "weight").At(uint64(rows)))
		if layer < n.frozenLayers {
			return t.Const(x)
		}
		b := &buffer{grad: weights.New(rows, cols)}
		buffers = append(buffers, b)
		return t.Leaf(x, b)
	}
	x0 := a.New(n.rows, n.cols)
	tensor.FillUniform(x0, -1, 1, tensor.NewKey(1, "input"))
	x := t.Const(x0)
	for l := range n.layers {
		w, v, s, b := leaf(2*n.cols, n.cols, l), leaf(n.cols, 2*n.cols, l), leaf(1, n.cols, l), leaf(1, n.cols, l)
		key := tensor.NewKey(7, "dropout").At(uint64(l))
		layer := func(x *Var) *Var {
			h := t.Activate(t.Linear(t.LayerNorm(x, s, b, 1e-5), w, nil, OutIn), tensor.GELU)
			return t.DropoutAdd(t.Linear(h, v, nil, OutIn), x, 0.2, key)
		}
		if n.scope {
			x = t.Scope(x, n.rows, n.cols, layer)
		} else {
			x = layer(x)
		}
	}
	sum := dot(t, x, tensor.NewKey(2, "upstream"))
	loss, forwardPeak = sum.Value.Slice()[0], a.Peak()
	t.Backward(sum)
	for _, b := range buffers {
		grads = append(grads, slices.Clone(b.grad.Slice()))
	}
	return loss, grads, forwardPeak, a.Peak()
}

func TestScopeGivesTheBitsOfThePlainPath(t *testing.T) {
	for _, frozen := range []int{0, 1, 3} {
		n := network{layers: 4, frozenLayers: frozen, rows: 9, cols: 7}
		loss, grads, _, _ := n.run()
		for _, checkpoint := range []bool{false, true} {
			n.scope, n.checkpoint = true, checkpoint
			l, g, _, _ := n.run()
			if l != loss {
				t.Errorf("%+v: loss %v, plainly %v", n, l, loss)
			}
			for i := range grads {
				if !slices.Equal(g[i], grads[i]) {
					t.Errorf("%+v: gradient %d differs from the plain one", n, i)
				}
			}
		}
	}
}

func TestCheckpointingSavesMemory(t *testing.T) {
	plain := network{layers: 12, rows: 64, cols: 32, scope: true}
	checkpointing := plain
	checkpointing.checkpoint = true
	_, _, _, most := plain.run()
	_, _, _, less := checkpointing.run()
	if 2*less > most {
		t.Errorf("peak %d with checkpointing, %d without", less, most)
	}
}

func TestFrozenLayersTakeConstantMemory(t *testing.T) {
	peak := func(layers int) int64 {
		_, _, forward, _ := network{layers: layers, frozenLayers: layers - 1, rows: 64, cols: 32, scope: true}.run()
		return forward
	}
	if few, many := peak(3), peak(20); few != many {
		t.Errorf("peak %d with 2 frozen layers, %d with 19", few, many)
	}
}
