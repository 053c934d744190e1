package lm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/tensor"
)

// The fixtures under testdata are written by the scripts beside them, with
// PyTorch in float64; see forward.py and methods.py.

// fixture is a file of expected numbers.
type fixture struct {
	t    *testing.T
	file *safetensors.File
}

func openFixture(t *testing.T, path ...string) fixture {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return fixture{t, f}
}

func (f fixture) has(name string) bool {
	_, ok := f.file.Info(name)
	return ok
}

func (f fixture) floats(name string) []float32 {
	f.t.Helper()
	info, ok := f.file.Info(name)
	if !ok {
		f.t.Fatalf("the fixture has no %q", name)
	}
	n := int64(1)
	for _, d := range info.Shape {
		n *= d
	}
	v := make([]float32, n)
	if err := f.file.Read(name, v); err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f fixture) ints(name string) []int32 {
	f.t.Helper()
	var v []int32
	for _, x := range f.floats(name) {
		v = append(v, int32(x))
	}
	return v
}

// batch packs the sequences "ids/0", "ids/1", … under a prefix.
func (f fixture) batch(prefix string) *nn.Batch {
	f.t.Helper()
	var ids, types [][]int32
	for i := 0; f.has(fmt.Sprintf("%sids/%d", prefix, i)); i++ {
		ids = append(ids, f.ints(fmt.Sprintf("%sids/%d", prefix, i)))
		if name := fmt.Sprintf("%stypes/%d", prefix, i); f.has(name) {
			types = append(types, f.ints(name))
		}
	}
	return nn.NewBatch(ids, types)
}

// perSequence joins "name/0", "name/1", … with an optional end.
func (f fixture) perSequence(name, end string, n int) []float32 {
	var all []float32
	for i := range n {
		all = append(all, f.floats(fmt.Sprintf("%s/%d%s", name, i, end))...)
	}
	return all
}

// distance is the largest difference relative to 1 + the expected size.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d := 0.0
	for i := range got {
		x := math.Abs(float64(got[i])-float64(want[i])) / (1 + math.Abs(float64(want[i])))
		if math.IsNaN(x) {
			return math.NaN()
		}
		d = max(d, x)
	}
	return d
}

// close fails the test unless the distance is at most tolerance.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if d := distance(got, want); !(d <= tolerance) {
		t.Errorf("%s: differs from PyTorch by %.3g, want at most %g", what, d, tolerance)
	}
}

var families = []string{"bert", "roberta", "distilbert", "gpt2", "llama", "mistral", "qwen2", "llama2c"}

func loadFamily(t *testing.T, family string) *Base {
	t.Helper()
	path := filepath.Join("testdata", "checkpoints", family)
	if family == "llama2c" {
		path = filepath.Join(path, "model.bin")
	}
	b, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// Float32 against float64 through two layers: some hundred roundings of
// numbers near 1.
const forwardTolerance = 1e-5

func TestForwardAgreesWithPyTorch(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			checkForward(t, loadFamily(t, family), openFixture(t, "checkpoints", family, "expected.safetensors"))
		})
	}
}

func checkForward(t *testing.T, b *Base, f fixture) {
	t.Helper()
	a := tensor.NewArena()
	defer a.Free()
	batch := f.batch("")
	n := batch.Len()
	pass := b.Pass(autodiff.New(a, false), nil)
	seen := 0
	pass.Observe = func(layer int, in *nn.Input, h *autodiff.Var) {
		seen++
		near(t, fmt.Sprintf("hidden states of layer %d", layer), h.Value.Slice(), f.perSequence("hidden", fmt.Sprint("/", layer), n), forwardTolerance)
	}
	b.Arch.Encode(pass, pass.Begin(b.Arch, batch), nil)
	if want := b.Config().Layers + 1; seen != want {
		t.Errorf("Observe saw %d states, want %d", seen, want)
	}
	pass = b.Pass(autodiff.New(a, false), nil)
	every := func(s int) []int {
		list := make([]int, batch.Offsets[s+1]-batch.Offsets[s])
		for i := range list {
			list[i] = i
		}
		return list
	}
	logits := pass.LMLogits(b.Arch, batch, every)
	near(t, "logits", logits.Value.Slice(), f.perSequence("logits", "", n), forwardTolerance)
	if !f.has("classify/0") {
		return
	}
	o := nn.NewOverlay(false)
	defer o.Free()
	o.Head = fixtureHead(t, o, b, f)
	out := b.Pass(autodiff.New(a, false), o).Forward(b.Arch, batch)
	near(t, "classifier", out.Value.Slice(), f.perSequence("classify", "", n), forwardTolerance)
}

// fixtureHead is the architecture's own classifier with the fixture's weights.
func fixtureHead(t *testing.T, o *nn.Overlay, b *Base, f fixture) *nn.Head {
	t.Helper()
	h, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: "classification", Outputs: 3}, tensor.NewKey(1, "head"))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*nn.Param{"dense": h.Dense, "dense_bias": h.DenseBias, "out": h.Out, "out_bias": h.OutBias} {
		if (p != nil) != f.has("head/"+name) {
			t.Fatalf("head has %s: %v, in the fixture: %v", name, p != nil, f.has("head/"+name))
		}
		if p != nil {
			p.Value.CopyFrom(f.floats("head/" + name))
		}
	}
	return h
}

// rewrite copies a checkpoint folder, passing its tensors through f, which
// returns a new name and shape; "" drops the tensor.
func rewrite(t *testing.T, family string, f func(n safetensors.Named) (string, []int64)) string {
	t.Helper()
	from, dir := filepath.Join("testdata", "checkpoints", family), t.TempDir()
	for _, name := range []string{"config.json", "vocab.txt"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file := openFixture(t, "checkpoints", family, "model.safetensors")
	var list []safetensors.Named
	for _, name := range file.file.Names() {
		info, _ := file.file.Info(name)
		n := safetensors.Named{Name: name, Shape: info.Shape, Data: file.floats(name)}
		n.Name, n.Shape = f(n)
		if n.Name != "" {
			list = append(list, n)
		}
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), nil, list); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLoadReadsOtherSpellings(t *testing.T) {
	for name, c := range map[string]struct {
		family string
		spell  func(string) string
	}{
		"gamma and beta": {"bert", func(s string) string {
			s = strings.Replace(s, "LayerNorm.weight", "LayerNorm.gamma", 1)
			return strings.Replace(s, "LayerNorm.bias", "LayerNorm.beta", 1)
		}},
		"BERT without root":       {"bert", func(s string) string { return strings.TrimPrefix(s, "bert.") }},
		"RoBERTa without root":    {"roberta", func(s string) string { return strings.TrimPrefix(s, "roberta.") }},
		"DistilBERT without root": {"distilbert", func(s string) string { return strings.TrimPrefix(s, "distilbert.") }},
		"GPT-2 without root":      {"gpt2", func(s string) string { return strings.TrimPrefix(s, "transformer.") }},
		"Llama without root":      {"llama", func(s string) string { return strings.TrimPrefix(s, "model.") }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := rewrite(t, c.family, func(n safetensors.Named) (string, []int64) { return c.spell(n.Name), n.Shape })
			b, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Free()
			checkForward(t, b, openFixture(t, "checkpoints", c.family, "expected.safetensors"))
		})
	}
}

func TestLoadReadsShards(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) { return n.Name, n.Shape })
	whole := filepath.Join(dir, "model.safetensors")
	f, err := safetensors.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	names := f.Names()
	shards := [2][]safetensors.Named{}
	var index []string
	for i, name := range names {
		info, _ := f.Info(name)
		data := make([]float32, info.Size/4)
		if err := f.Read(name, data); err != nil {
			t.Fatal(err)
		}
		k := i % 2
		shards[k] = append(shards[k], safetensors.Named{Name: name, Shape: info.Shape, Data: data})
		index = append(index, fmt.Sprintf("%q: %q", name, shardName(k)))
	}
	f.Close()
	for k, list := range shards {
		if err := safetensors.Write(filepath.Join(dir, shardName(k)), nil, list); err != nil {
			t.Fatal(err)
		}
	}
	text := `{"metadata": {}, "weight_map": {` + strings.Join(index, ", ") + "}}"
	if err := os.WriteFile(whole+".index.json", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(whole); err != nil {
		t.Fatal(err)
	}
	b, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Free()
	checkForward(t, b, openFixture(t, "checkpoints", "bert", "expected.safetensors"))
}

func shardName(k int) string { return fmt.Sprintf("model-%05d-of-00002.safetensors", k+1) }

func TestLoadListsAllThatDoesNotFit(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) {
		switch n.Name {
		case "bert.encoder.layer.0.output.dense.weight":
			return n.Name, []int64{n.Shape[1], n.Shape[0]}
		case "bert.encoder.layer.1.output.dense.bias":
			return "", nil
		case "bert.embeddings.LayerNorm.bias":
			return "bert.embeddings.LayerNorm.offset", n.Shape
		}
		return n.Name, n.Shape
	})
	_, err := Load(dir)
	if err == nil {
		t.Fatal("Load: no error")
	}
	for _, want := range []string{
		`tensor "bert.encoder.layer.0.output.dense.weight" has shape [24 16], expected [16 24]`,
		`missing tensor "bert.encoder.layer.1.output.dense.bias"`,
		`missing tensor "bert.embeddings.LayerNorm.bias"`,
		`unexpected tensor "bert.embeddings.LayerNorm.offset"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Load: the error lacks %q:\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "tensor \""); n != 4 {
		t.Errorf("Load: %d problems listed, want 4:\n%v", n, err)
	}
}

func TestLoadRefusesTwoSpellingsOfOneParameter(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) {
		if n.Name == "bert.embeddings.LayerNorm.bias" {
			return "bert.embeddings.LayerNorm.gamma", n.Shape
		}
		return n.Name, n.Shape
	})
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "the same parameter") {
		t.Errorf("Load = %v, want an error about two tensors for one parameter", err)
	}
}

func TestLoadListsWeightsThatAreNotFinite(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) {
		if n.Name == "bert.pooler.dense.bias" {
			n.Data[3] = float32(math.Inf(1))
		}
		return n.Name, n.Shape
	})
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "bert.pooler.dense.bias") {
		t.Errorf("Load = %v, want an error that names bert.pooler.dense.bias", err)
	}
}

func TestLoadSetsTaskHeadsAside(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) {
		if n.Name == "cls.predictions.bias" {
			return "classifier.bias", n.Shape
		}
		if strings.HasPrefix(n.Name, "cls.") {
			return "", nil
		}
		return n.Name, n.Shape
	})
	b, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Free()
	if !slices.Equal(b.Unused, []string{"classifier.bias"}) || b.Config().LMHead {
		t.Errorf("Unused = %v, LMHead = %v, want [classifier.bias], false", b.Unused, b.Config().LMHead)
	}
}

func TestSaveThenLoadIsIdentical(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			b, dir := loadFamily(t, family), t.TempDir()
			if err := b.Save(dir, nil); err != nil {
				t.Fatal(err)
			}
			again, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Free()
			if got, want := *again.Config(), *b.Config(); got != want {
				t.Errorf("config after Save and Load = %+v, want %+v", got, want)
			}
			for name, p := range b.Weights {
				if !slices.Equal(again.Weights[name].Value.Slice(), p.Value.Slice()) {
					t.Errorf("%s changed", name)
				}
			}
			if family != "llama2c" {
				return
			}
			checkForward(t, again, openFixture(t, "checkpoints", family, "expected.safetensors"))
		})
	}
}
