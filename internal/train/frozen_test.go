package train

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// partial trains a head and the base's parameters from layer on; since is when
// the latter begin to move.
func partial(t *testing.T, b *lm.Base, spec nn.HeadSpec, layer int, since float64) *nn.Overlay {
	t.Helper()
	o := nn.NewOverlay(false)
	t.Cleanup(o.Free)
	for _, s := range b.Arch.Specs() {
		if s.Layer < layer || s.Group != "" {
			continue
		}
		rows, cols := s.Matrix()
		p := nn.NewParam(o.Arena, s.Name, rows, cols)
		tensor.Copy(p.Value, b.Weights[s.Name].Value)
		p.Since = since
		o.Replaced[s.Name] = p
	}
	var err error
	if o.Head, err = nn.NewHead(o.Arena, b.Config(), spec, tensor.NewKey(3, "head")); err != nil {
		t.Fatal(err)
	}
	return o
}

// newGPT2 is a small untrained decoder with dropout.
func newGPT2(t *testing.T) *lm.Base {
	t.Helper()
	return newBase(t, &nn.Config{
		ModelType: "gpt2", Vocabulary: 60, Hidden: 32, Layers: 2, Heads: 4, KVHeads: 4, HeadDim: 8, Intermediate: 48, MaxPositions: 32,
		Activation: "gelu_new", Eps: 1e-5, Dropout: 0.1, AttnDropout: 0.1, HeadDropout: 0.1, InitStd: 0.2, TiedHead: true, LMHead: true,
	})
}

// everywhere is a FrozenSource that keeps all it is asked for.
type everywhere struct {
	base   *lm.Base
	splits [][]*Example
	mu     sync.Mutex
	made   map[int]*Frozen // by layers
	held   int
}

func (e *everywhere) source(layers int, pooling string) (*Frozen, func(), error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made[layers] == nil {
		e.made[layers] = NewFrozen(e.base, layers, pooling, e.splits...)
	}
	e.held++
	return e.made[layers], func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.held--
	}, nil
}

// Training, dev scores and predictions that start from frozen states have the
// bits of those that compute every layer each time, with the model's dropout
// on, whatever is frozen and for however long.
func TestFrozenStatesChangeNoBit(t *testing.T) {
	rows, dev := newRows(20, 1), newRows(9, 2)
	class := nn.HeadSpec{Task: "classification", Outputs: 2}
	mean := class
	mean.Pooling = "mean"
	for name, c := range map[string]struct {
		model  func(*testing.T) *lm.Base
		spec   nn.HeadSpec
		layer  int     // lowest that is trained
		since  float64 // from this share of the steps on
		layers []int   // whose states are kept
	}{
		"top layer, encoder":         {newBERT, class, 1, 0, []int{1}},
		"top layer, decoder":         {newLlama, class, 1, 0, []int{1}},
		"top layer, GPT-2":           {newGPT2, class, 1, 0, []int{1}},
		"head alone":                 {newBERT, class, 3, 0, []int{2}},
		"head on the mean":           {newLlama, mean, 3, 0, []int{2}},
		"head first, then top layer": {newBERT, class, 1, 0.5, []int{1, 2}},
		"head first, then all":       {newBERT, class, -1, 0.5, []int{2}},
		"everything":                 {newBERT, class, -1, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := c.model(t)
			frozen := &everywhere{base: b, splits: [][]*Example{rows, dev}, made: map[int]*Frozen{}}
			config := smallConfig()
			config.EarlyStopping = 100
			data := Data{Task: twoClasses, Train: rows, Dev: dev, Score: accuracy(dev)}
			adapt := func(source FrozenSource) (trained, []float32) {
				o := partial(t, b, c.spec, c.layer, c.since)
				r, _, err := Run(t.Context(), b, o, data, config, 3, Options{Frozen: source})
				if err != nil {
					t.Error(err)
					return trained{}, nil
				}
				out, err := PredictFrom(source, b, o, dev)
				if err != nil {
					t.Error(err)
				}
				return trained{state(o), *r}, out
			}
			want, wantOut := adapt(nil)
			var both sync.WaitGroup
			for range 2 { // runs that share
				both.Go(func() {
					got, out := adapt(frozen.source)
					if !reflect.DeepEqual(got, want) {
						t.Errorf("from frozen states: %+v, computed each time: %+v", got.Result, want.Result)
					}
					if !slices.Equal(out, wantOut) {
						t.Errorf("predictions %v, computed each time %v", out, wantOut)
					}
				})
			}
			both.Wait()
			var layers []int
			for l, f := range frozen.made {
				layers = append(layers, l)
				if missing := f.missing(dev); len(missing) > 0 {
					t.Errorf("%d of %d dev rows are not kept after layer %d", len(missing), len(dev), l)
				}
				f.Free()
			}
			if slices.Sort(layers); !slices.Equal(layers, c.layers) {
				t.Errorf("states were kept after layers %v, want %v", layers, c.layers)
			}
			if frozen.held != 0 {
				t.Errorf("%d holds were not given back", frozen.held)
			}
		})
	}
}

func TestFrozenBytesCountTokensOrPooledRows(t *testing.T) {
	b := newBERT(t)
	rows := newRows(5, 1)
	tokens := 0
	for _, e := range rows {
		tokens += e.Tokens()
	}
	if got, want := FrozenBytes(b, 1, "", rows), int64(4*32*tokens); got != want {
		t.Errorf("FrozenBytes after layer 1 = %d, want %d", got, want)
	}
	if got, want := FrozenBytes(b, 2, "cls", rows[:2], rows[2:]), int64(4*32*5); got != want {
		t.Errorf("FrozenBytes of pooled rows = %d, want %d", got, want)
	}
}
