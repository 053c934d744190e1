package methods

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/tensor"
)

// The methods against plain PyTorch: testdata/pytorch.py wrote, for a small
// BERT and a small Llama, the starting values of each method, the gradients of
// every trained tensor and the losses of 20 steps of AdamW.

// torchMethods are the methods as pytorch.py names them.
func torchMethods(modelType string) map[string]Adapter {
	loraOf := func(targets []string, alpha float64, variant string) *LoRA {
		return &LoRA{Rank: 2, Alpha: alpha, Targets: targets, Bias: "none", Variant: variant}
	}
	network := prefix(3)
	network.Reparameterize, network.Hidden = true, 5
	soft := func(position, reads string) *PromptTuning {
		return &PromptTuning{Tokens: 3, Start: "random", Position: position, Reads: reads}
	}
	all := map[string]Adapter{
		"fine_tuning":        NewFineTuning(),
		"lora":               loraOf(nil, 4, "lora"),
		"rslora":             loraOf([]string{allLinear}, 4, "rslora"),
		"dora":               loraOf(nil, 4, "dora"),
		"houlsby":            &Bottleneck{Kind: "houlsby", Reduction: 4},
		"pfeiffer":           &Bottleneck{Kind: "pfeiffer", Reduction: 4},
		"parallel":           &Bottleneck{Kind: "parallel", Reduction: 4},
		"prefix":             prefix(3),
		"prefix_network":     network,
		"ia3":                &IA3{},
		"layer_norm":         &LayerNorm{},
		"prompt":             soft("start", "cls"),
		"prompt_after_first": soft("after_first", "cls"),
	}
	if modelType == "bert" {
		all["bitfit"] = &BitFit{}
		all["prompt_first"] = soft("start", "first")
	} else {
		shifted := prefix(3)
		shifted.ShiftPositions = true
		all["prefix_shift"] = shifted
	}
	return all
}

// torchBase is the model of pytorch.py with the weights of its file.
func torchBase(t *testing.T, modelType string, f *safetensors.File) *lm.Base {
	t.Helper()
	c := &nn.Config{ModelType: modelType, Vocabulary: 40, Hidden: 16, Layers: 2, Heads: 2, KVHeads: 2, Intermediate: 24,
		MaxPositions: 40, Eps: 1e-5, InitStd: 0.02, Activation: "gelu", TypeVocab: 2, Pooler: true}
	if modelType == "llama" {
		c.Activation, c.KVHeads, c.RopeTheta, c.TypeVocab, c.Pooler, c.TiedHead = "silu", 1, 10000, 0, false, true
	}
	base, err := lm.New(c, nil, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(base.Free)
	for name, p := range base.Weights {
		readTensor(t, f, "base/"+name, p.Value)
	}
	return base
}

func readTensor(t *testing.T, f *safetensors.File, name string, x *tensor.Tensor) {
	t.Helper()
	info, ok := f.Info(name)
	if !ok {
		t.Fatalf("the reference has no %s", name)
	}
	n := int64(1)
	for _, d := range info.Shape {
		n *= d
	}
	if n != int64(x.Len()) {
		t.Fatalf("%s has shape %v, the overlay [%d %d]", name, info.Shape, x.Rows, x.Cols)
	}
	if err := f.Read(name, x.Slice()); err != nil {
		t.Fatal(err)
	}
}

func TestMethodsEqualPyTorch(t *testing.T) {
	for _, modelType := range []string{"bert", "llama"} {
		f, err := safetensors.Open("testdata/" + modelType + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		base := torchBase(t, modelType, f)
		methods := torchMethods(modelType)
		for _, name := range slices.Sorted(maps.Keys(methods)) {
			t.Run(modelType+"/"+name, func(t *testing.T) { compareWithPyTorch(t, base, f, name, methods[name]) })
		}
	}
}

func compareWithPyTorch(t *testing.T, base *lm.Base, f *safetensors.File, name string, m Adapter) {
	o, err := m.Adapt(base, Setup{Head: nn.HeadSpec{Task: Classification, Outputs: 3}, Dropout: -1}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Free()
	state := tensor.NewArena()
	defer state.Free()
	trained := 0
	for _, p := range o.Params() {
		if o.Replaced[p.Name] == nil {
			readTensor(t, f, name+"/start/"+p.Name, p.Value)
		}
		trained++
	}
	for _, n := range f.Names() {
		if strings.HasPrefix(n, name+"/grad/") {
			trained--
		}
	}
	if trained != 0 {
		t.Fatalf("the overlay trains %d tensors more than the reference", trained)
	}
	losses := state.New(1, 20)
	readTensor(t, f, name+"/losses", losses)
	want := losses.Slice()
	adam := optim.NewAdamW(state, o.Params(), optim.DefaultAdamW())
	defer adam.Close()
	for step := range 20 {
		adam.StartStep(0)
		loss := torchLoss(base, o, func() {
			if step == 0 {
				compareGradients(t, f, name, o)
			}
			adam.Step(1e-2)
		})
		// The forward pass agrees to float32's rounding; AdamW then divides
		// by small gradients' own size and lets differences grow.
		tolerance := 1e-3
		if step == 0 {
			tolerance = 1e-5
		}
		if d := math.Abs(loss - float64(want[step])); d > tolerance {
			t.Errorf("step %d: loss %.6f, PyTorch has %.6f", step, loss, want[step])
		}
	}
}

// torchLoss is the loss on pytorch.py's five rows.
func torchLoss(base *lm.Base, o *lm.Overlay, step func()) float64 {
	b := nn.NewBatch([][]int32{{2, 7, 9, 3}, {2, 11, 20, 31, 12, 3}, {2, 8, 3}, {2, 30, 29, 7, 7, 18, 3}, {2, 14, 3}}, nil)
	a := tensor.NewArena()
	defer a.Free()
	tape := autodiff.New(a, true)
	loss := tape.CrossEntropy(base.Pass(tape, o).Forward(base.Arch, b), a.Ints([]int32{0, 1, 2, 1, 0}), 0, nil, 5)
	value := float64(loss.Value.Slice()[0])
	tape.Backward(loss)
	step()
	return value
}

func compareGradients(t *testing.T, f *safetensors.File, name string, o *lm.Overlay) {
	t.Helper()
	for _, p := range o.Params() {
		scratch := tensor.NewArena()
		want := scratch.New(p.Value.Rows, p.Value.Cols)
		readTensor(t, f, name+"/grad/"+p.Name, want)
		if d := furthest(p.Grad().Slice(), want.Slice()); d > 1e-5 {
			t.Errorf("gradient of %s is off by %g", p.Name, d)
		}
		scratch.Free()
	}
}
