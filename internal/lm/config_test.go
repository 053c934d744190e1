package lm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/lm/nn"
	"runexp/internal/testkit/hostile"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const smallBERT, smallLlama = hostile.SmallBERT, hostile.SmallLlama

func TestReadConfigFillsInWhatFamiliesAssume(t *testing.T) {
	for text, check := range map[string]func(c *nn.Config) bool{
		smallBERT: func(c *nn.Config) bool {
			return c.Eps == 1e-12 && c.TypeVocab == 2 && c.Dropout == 0.1 && c.HeadDim == 4
		},
		smallBERT + `, "classifier_dropout": null`:       func(c *nn.Config) bool { return c.HeadDropout == 0.1 },
		smallBERT + `, "classifier_dropout": 0.3`:        func(c *nn.Config) bool { return c.HeadDropout == 0.3 },
		strings.Replace(smallBERT, "bert", "roberta", 1): func(c *nn.Config) bool { return c.Eps == 1e-5 && c.TypeVocab == 1 && c.PadID == 1 },
		smallLlama: func(c *nn.Config) bool { return c.KVHeads == 2 && c.RopeTheta == 1e4 && !c.TiedHead && !c.QKVBias },
		smallLlama + `, "rope_theta": 5e5, "eos_token_id": [7, 8]`:                                       func(c *nn.Config) bool { return c.RopeTheta == 5e5 && c.EOSID == 7 },
		smallLlama + `, "rope_parameters": {"rope_theta": 7e5, "rope_type": "default"}`:                  func(c *nn.Config) bool { return c.RopeTheta == 7e5 },
		strings.Replace(smallLlama, "llama", "qwen2", 1) + `, "sliding_window": 16`:                      func(c *nn.Config) bool { return c.QKVBias && !c.OutBias && c.MaxPositions == 2048 },
		strings.Replace(smallLlama, "llama", "mistral", 1) + `, "sliding_window": 16`:                    func(c *nn.Config) bool { return c.MaxPositions == 16 },
		strings.Replace(smallLlama, "llama", "mistral", 1) + `, "sliding_window": null`:                  func(c *nn.Config) bool { return c.MaxPositions == 2048 },
		`"model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_inner": null`: func(c *nn.Config) bool { return c.Intermediate == 32 && c.Activation == "gelu_new" && c.TiedHead },
	} {
		c, err := ReadConfig(writeConfig(t, "{"+text+"}"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !check(c) {
			t.Errorf("%s: read as %+v", text, *c)
		}
	}
}

func TestReadConfigSaysWhatIsWrong(t *testing.T) {
	for _, c := range hostile.ConfigFiles() {
		_, err := ReadConfig(writeConfig(t, string(c.Data)))
		if err == nil || !strings.Contains(err.Error(), c.Want) {
			t.Errorf("%s: error %v, want one with %q", c.Name, err, c.Want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("{" + smallBERT + "}")
	f.Add("{" + smallLlama + `, "rope_parameters": {"rope_theta": 1}, "eos_token_id": [1]}`)
	f.Add(`{"model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_layer": 1, "n_head": 2}`)
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var raw map[string]any
		if d.Decode(&raw) != nil {
			return
		}
		if c, err := parseConfig(raw); err == nil && (c.Heads < 1 || c.HeadDim < 1 || c.KVHeads < 1 || c.Layers < 1) {
			t.Errorf("accepted %s as %+v", text, *c)
		}
	})
}
