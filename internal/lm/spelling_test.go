package lm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm/safetensors"
)

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
