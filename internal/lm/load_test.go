package lm

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

func TestLlama2CFilesThatDoNotFit(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "checkpoints", "llama2c", "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	header := func(i int, v int32) []byte {
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
		return b
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":               {nil, "header"},
		"a cut header":        {whole[:20], "header"},
		"a cut file":          {whole[:len(whole)-4], "bytes, but its header asks for"},
		"a longer file":       {append(bytes.Clone(whole), 0, 0, 0, 0), "bytes, but its header asks for"},
		"no layers":           {header(2, 0), "n_layers is 0"},
		"a negative size":     {header(0, -16), "dim is -16"},
		"a huge vocabulary":   {header(5, 1<<30), "vocab_size"},
		"heads that don't go": {header(3, 3), "not a multiple"},
		"a size of gigabytes": {header(1, 1<<18), "its header asks for"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "model.bin")
		if err := os.WriteFile(path, test.data, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

func TestLoadRefusesAVocabularyOfAnotherSize(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) { return n.Name, n.Shape })
	words := strings.Repeat("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", 1)
	for i := range 40 {
		words += "extra" + strings.Repeat("x", i) + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(words), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "the tokenizer has 45 tokens, but vocab_size is 37") {
		t.Errorf("Load = %v, want an error about 45 tokens", err)
	}
}

// A huge configuration beside small weights must be refused before memory is
// asked for.
func TestLoadChecksShapesBeforeItAllocates(t *testing.T) {
	dir := rewrite(t, "bert", func(n safetensors.Named) (string, []int64) { return n.Name, n.Shape })
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`"intermediate_size": 24`), []byte(`"intermediate_size": 500000`), 1)
	text = bytes.Replace(text, []byte(`"num_hidden_layers": 2`), []byte(`"num_hidden_layers": 1000`), 1)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "missing tensor") {
		t.Errorf("Load = %.200v, want an error that lists missing tensors", err)
	}
}

func TestNewIsAFunctionOfItsKey(t *testing.T) {
	for _, family := range families[:7] {
		c := loadFamily(t, family).Config()
		draw := func(seed uint64) *Base {
			b, err := New(c, nil, tensor.NewKey(seed, "init"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Free)
			return b
		}
		a, again, other := draw(1), draw(1), draw(2)
		for _, s := range a.Arch.Specs() {
			x := a.Weights[s.Name].Value.Slice()
			if !slices.Equal(x, again.Weights[s.Name].Value.Slice()) {
				t.Errorf("%s: %s differs for the same key", family, s.Name)
			}
			random := s.Init == nn.InitNormal
			if slices.Equal(x, other.Weights[s.Name].Value.Slice()) == random {
				t.Errorf("%s: %s depends on the key: %v, want %v", family, s.Name, !random, random)
			}
		}
	}
}

func TestSaveWritesWhatAnOverlayReplaces(t *testing.T) {
	b := loadFamily(t, "bert")
	o := nn.NewOverlay(false)
	defer o.Free()
	const name = "bert.encoder.layer.1.output.dense.bias"
	p := nn.NewParam(o.Arena, name, 1, b.Config().Hidden)
	tensor.Fill(p.Value, 0.5)
	o.Replaced[name] = p
	dir := t.TempDir()
	if err := b.Save(dir, o); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Free()
	for n, w := range b.Weights {
		want := w.Value.Slice()
		if n == name {
			want = p.Value.Slice()
		}
		if !slices.Equal(again.Weights[n].Value.Slice(), want) {
			t.Errorf("%s is not what was saved", n)
		}
	}
	o.Prefix = &nn.Prefix{}
	if err := b.Save(t.TempDir(), o); err == nil || !strings.Contains(err.Error(), "not merged") {
		t.Errorf("Save with a prefix = %v, want an error", err)
	}
}

func TestLoadRandomHashesWordsWithoutATokenizer(t *testing.T) {
	path := filepath.Join("testdata", "checkpoints", "bert", "config.json")
	b, err := LoadRandom(path, t.TempDir(), tensor.NewKey(1, "init"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Free()
	if len(b.Warnings) != 1 || b.Tokenizer.Size() != b.Config().Vocabulary || !b.Config().LMHead || !b.Config().Pooler {
		t.Errorf("warnings %v, %d tokens, config %+v", b.Warnings, b.Tokenizer.Size(), *b.Config())
	}
	b2, err := LoadRandom(path, filepath.Dir(path), tensor.NewKey(1, "init"))
	if err != nil {
		t.Fatal(err)
	}
	defer b2.Free()
	if len(b2.Warnings) != 0 || b2.Tokenizer.Token(5) != "word0" {
		t.Errorf("warnings %v, token 5 %q, want none and the vocabulary beside the config", b2.Warnings, b2.Tokenizer.Token(5))
	}
}

func TestDryModelHasTheShapesOfARealOne(t *testing.T) {
	for _, family := range families[:7] {
		b := loadFamily(t, family)
		dry, err := NewDry(b.Config())
		if err != nil {
			t.Fatal(err)
		}
		if dry.Bytes() != b.Bytes() {
			t.Errorf("%s: %d bytes dry, %d real", family, dry.Bytes(), b.Bytes())
		}
		a, real := tensor.NewDryArena(), tensor.NewArena()
		defer real.Free()
		batch := nn.NewBatch([][]int32{{5, 6, 7}, {8}}, nil)
		run := func(m *Base, a *tensor.Arena) *tensor.Tensor {
			p := m.Pass(autodiff.New(a, false), nil)
			return m.Arch.Encode(p, p.Begin(m.Arch, batch), nil).Value
		}
		x, y := run(dry, a), run(b, real)
		if x.Rows != y.Rows || x.Cols != y.Cols || a.Peak() != real.Peak() {
			t.Errorf("%s: [%d %d] in %d bytes dry, [%d %d] in %d real", family, x.Rows, x.Cols, a.Peak(), y.Rows, y.Cols, real.Peak())
		}
	}
}

func TestOverlayFilesThatDoNotFit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "overlay")
	one := func(name string, shape ...int64) safetensors.Named {
		n := int64(1)
		for _, d := range shape {
			n *= d
		}
		return safetensors.Named{Name: name, Shape: shape, Data: make([]float32, n)}
	}
	for name, test := range map[string]struct {
		description string
		tensors     []safetensors.Named
		want        string
	}{
		"no description":  {"", []safetensors.Named{one("replaced/w", 1, 2)}, "open overlay"},
		"a missing half":  {`{"low_rank": {"s": {"scale": 1}}}`, []safetensors.Named{one("low_rank/s/A", 1, 2)}, `missing tensor "low_rank/s/B"`},
		"an unknown name": {`{}`, []safetensors.Named{one("low_rank/s/A", 1, 2)}, `unexpected tensor "low_rank/s/A"`},
		"a vector":        {`{}`, []safetensors.Named{one("replaced/w", 2)}, "expected two dimensions"},
		"half a prefix":   {`{"prefix": {"len": 2}}`, []safetensors.Named{one("prefix/embedding", 2, 2)}, "prefix"},
	} {
		if err := safetensors.Write(path, map[string]string{"overlay": test.description}, test.tensors); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOverlay(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

func TestConfigSurvivesSaving(t *testing.T) {
	for _, family := range families {
		b := loadFamily(t, family)
		fresh, err := New(b.Config(), tokenizer.NewHashing(b.Config().Vocabulary), tensor.NewKey(1, "init"))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := fresh.Save(dir, nil); err != nil {
			t.Fatal(err)
		}
		fresh.Free()
		again, err := Load(dir)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if !reflect.DeepEqual(again.Config(), b.Config()) {
			t.Errorf("%s: config after saving a new model = %+v, want %+v", family, *again.Config(), *b.Config())
		}
		again.Free()
	}
}
