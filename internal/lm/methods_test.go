package lm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/tensor"
)

// A trial is one method of testdata/methods on one model: its start, and what
// PyTorch made of it.
type trial struct {
	base    *Base
	overlay *nn.Overlay
	fixture fixture
	loss    func(p *nn.Pass, k int) *autodiff.Var // on batch k
}

func newTrial(t *testing.T, model, method string) *trial {
	t.Helper()
	o, err := LoadOverlay(filepath.Join("testdata", "methods", model, method+".overlay.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Free)
	r := &trial{base: loadFamily(t, model), overlay: o, fixture: openFixture(t, "methods", model, method+".expected.safetensors")}
	r.loss = r.classification
	if method == "language" {
		r.loss = r.language
	}
	return r
}

func (r *trial) classification(p *nn.Pass, k int) *autodiff.Var {
	batch := r.fixture.batch(fmt.Sprintf("%d/", k))
	if r.overlay.Head.Pooling == "mask" {
		batch.Mask = make([]int32, batch.Len())
		for i := range batch.Mask {
			batch.Mask[i] = 1
		}
	}
	labels := p.Tape.Arena().Ints(r.fixture.ints(fmt.Sprintf("%d/labels", k)))
	return p.Tape.CrossEntropy(p.Forward(r.base.Arch, batch), labels, 0, nil, float32(batch.Len()))
}

// language is the loss of every next token, or of the second token of each
// sequence, which is masked.
func (r *trial) language(p *nn.Pass, k int) *autodiff.Var {
	batch := r.fixture.batch(fmt.Sprintf("%d/", k))
	var labels []int32
	rows := make([][]int, batch.Len())
	for s := range rows {
		from, to := batch.Offsets[s], batch.Offsets[s+1]
		if !r.base.Config().Causal() {
			rows[s], labels = []int{1}, append(labels, batch.IDs[from+1])
			batch.IDs[from+1] = r.base.Tokenizer.Special().MASK
			continue
		}
		for i := from + 1; i < to; i++ {
			rows[s], labels = append(rows[s], int(i-from)-1), append(labels, batch.IDs[i])
		}
	}
	logits := p.LMLogits(r.base.Arch, batch, func(s int) []int { return rows[s] })
	return p.Tape.CrossEntropy(logits, p.Tape.Arena().Ints(labels), 0, nil, float32(len(labels)))
}

// named lists the overlay's parameters by their name in the file.
func (r *trial) named() map[string]*nn.Param {
	all := map[string]*nn.Param{}
	for name, p := range r.overlay.Replaced {
		all[replacedPrefix+name] = p
	}
	for _, p := range places(r.overlay, describe(r.overlay)) {
		if *p.at != nil {
			all[p.name] = *p.at
		}
	}
	return all
}

// steps trains like the script, but for dropout of the given rate, and returns
// the loss before each step; after the first backward pass it calls seen.
func (r *trial) steps(n int, rate float64, checkpointing bool, seen func()) []float32 {
	c := optim.DefaultAdamW()
	c.WeightDecay, c.GradientClip = 0.01, 1
	state, a := tensor.NewArena(), tensor.NewArena()
	defer state.Free()
	defer a.Free()
	adam := optim.NewAdamW(state, r.overlay.Params(), c)
	defer adam.Close()
	var losses []float32
	for step := range n {
		a.Reset()
		tape := autodiff.New(a, true)
		tape.SetCheckpointing(checkpointing)
		adam.StartStep(float64(step) / float64(n))
		p := r.base.Pass(tape, r.overlay)
		p.Train, p.DropoutRate, p.Step = true, &rate, uint64(step)
		loss := r.loss(p, step%2)
		losses = append(losses, loss.Value.Slice()[0])
		tape.Backward(loss)
		if step == 0 && seen != nil {
			seen()
		}
		adam.Step(3e-3)
	}
	return losses
}

// eachMethod runs f for every method of testdata/methods.
func eachMethod(t *testing.T, f func(t *testing.T, model, method string)) {
	files, err := filepath.Glob(filepath.Join("testdata", "methods", "*", "*.overlay.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no methods under testdata/methods: %v", err)
	}
	for _, path := range files {
		model := filepath.Base(filepath.Dir(path))
		method := strings.TrimSuffix(filepath.Base(path), ".overlay.safetensors")
		t.Run(model+"/"+method, func(t *testing.T) { f(t, model, method) })
	}
}

// Gradients of float32 against float64 lie within some 1e-6 of the largest of
// their tensor; 1e-4 is what was promised. A tensor whose gradient is zero in
// exact arithmetic (key biases: softmax does not see them) is held to the
// largest gradient of all.
const gradientTolerance = 1e-4

func TestMethodsAgreeWithPyTorch(t *testing.T) {
	eachMethod(t, func(t *testing.T, model, method string) {
		r := newTrial(t, model, method)
		want := r.fixture.floats("losses")
		got := r.steps(len(want), 0, false, func() {
			largest := 0.0
			for name := range r.named() {
				largest = max(largest, size(r.fixture.floats("grad/"+name)))
			}
			for name, p := range r.named() {
				expected := r.fixture.floats("grad/" + name)
				scale := max(size(expected), 1e-3*largest)
				for i, g := range p.Grad().Slice() {
					if d := math.Abs(float64(g-expected[i])) / scale; !(d <= gradientTolerance) {
						t.Errorf("gradient of %s at %d = %v, PyTorch has %v", name, i, g, expected[i])
						break
					}
				}
			}
		})
		for i := range want {
			tolerance := 1e-3
			if model == "bert" && method == "full" && i < 10 {
				tolerance = 1e-4
			}
			if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance) {
				t.Errorf("loss before step %d = %v, PyTorch has %v", i+1, got[i], want[i])
			}
		}
	})
}

func size(x []float32) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

func TestCheckpointingGivesTheSameBits(t *testing.T) {
	eachMethod(t, func(t *testing.T, model, method string) {
		plain := newTrial(t, model, method).steps(4, 0.2, false, nil)
		again := newTrial(t, model, method).steps(4, 0.2, true, nil)
		for i := range plain {
			if plain[i] != again[i] {
				t.Errorf("loss before step %d = %v with checkpointing, %v without", i+1, again[i], plain[i])
			}
		}
	})
}

func TestSaveOverlayThenLoadIsIdentical(t *testing.T) {
	eachMethod(t, func(t *testing.T, model, method string) {
		r := newTrial(t, model, method)
		first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
		if err := SaveOverlay(first, r.overlay); err != nil {
			t.Fatal(err)
		}
		again, err := LoadOverlay(first)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Free()
		if err := SaveOverlay(second, again); err != nil {
			t.Fatal(err)
		}
		a, errA := os.ReadFile(first)
		b, errB := os.ReadFile(second)
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("the file changes on its way through LoadOverlay (%v, %v)", errA, errB)
		}
		r2 := &trial{base: r.base, overlay: again, fixture: r.fixture}
		r2.loss = r2.classification
		if method == "language" {
			r2.loss = r2.language
		}
		if x, y := r.steps(1, 0, false, nil), r2.steps(1, 0, false, nil); x[0] != y[0] {
			t.Errorf("loss = %v, after saving and loading %v", x[0], y[0])
		}
	})
}
