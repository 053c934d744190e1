package lm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"runexp/internal/lm/nn"
)

// Limits on what config.json may ask for, checked before anything is
// allocated.
const (
	maxHidden     = 1 << 16
	maxLayers     = 1 << 10
	maxVocabulary = 1 << 24
	maxPositions  = 1 << 22
	maxParameters = int64(1) << 36
)

// ReadConfig reads a config.json in the Hugging Face layout.
func ReadConfig(path string) (*nn.Config, error) {
	c, _, err := readConfig(path)
	return c, err
}

func readConfig(path string) (*nn.Config, map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read model configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var raw map[string]any
	if err := d.Decode(&raw); err != nil {
		return nil, nil, fmt.Errorf("%s: byte %d: %w", path, d.InputOffset(), err)
	}
	c, err := parseConfig(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, raw, nil
}

// fields reads typed values out of a configuration and remembers the first
// thing that is wrong.
type fields struct {
	raw map[string]any
	err error
}

func (f *fields) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
}

func (f *fields) float(name string, def float64) float64 {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	n, ok := v.(json.Number)
	if !ok {
		f.fail(name, "%v is not a number", v)
		return def
	}
	x, err := n.Float64()
	if err != nil || math.IsInf(x, 0) {
		f.fail(name, "%s is out of range", n)
		return def
	}
	return x
}

func (f *fields) int(name string, def, low, high int) int {
	x := f.float(name, float64(def))
	if x != math.Trunc(x) || x < float64(low) || x > float64(high) {
		f.fail(name, "%v is not a whole number from %d to %d", x, low, high)
		return def
	}
	return int(x)
}

// required is int for a value that has no default.
func (f *fields) required(name string, high int) int {
	if _, ok := f.raw[name]; !ok {
		f.fail(name, "missing")
		return 1
	}
	return f.int(name, 1, 1, high)
}

func (f *fields) string(name, def string) string {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	s, ok := v.(string)
	if !ok {
		f.fail(name, "%v is not a string", v)
	}
	return s
}

func (f *fields) bool(name string, def bool) bool {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	b, ok := v.(bool)
	if !ok {
		f.fail(name, "%v is not true or false", v)
	}
	return b
}

// token reads a token id; some configurations give a list, of which the first
// counts.
func (f *fields) token(name string, def int) int32 {
	if list, ok := f.raw[name].([]any); ok && len(list) > 0 {
		f.raw[name] = list[0]
	}
	return int32(f.int(name, def, -1, maxVocabulary))
}

func parseConfig(raw map[string]any) (*nn.Config, error) {
	f := &fields{raw: raw}
	c := &nn.Config{ModelType: f.string("model_type", "")}
	switch c.ModelType {
	case "bert", "roberta":
		parseBERT(f, c)
	case "distilbert":
		parseDistilBERT(f, c)
	case "gpt2":
		parseGPT2(f, c)
	case "llama", "mistral", "qwen2":
		parseLlama(f, c)
	default:
		f.fail("model_type", "%q is not one of bert, roberta, distilbert, gpt2, llama, mistral, qwen2", c.ModelType)
	}
	if f.err != nil {
		return nil, f.err
	}
	return c, checkConfig(c)
}

func checkConfig(c *nn.Config) error {
	switch {
	case c.HeadDim == 0 && c.Hidden%c.Heads != 0:
		return fmt.Errorf("hidden size %d is not a multiple of %d heads", c.Hidden, c.Heads)
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d attention heads are not a multiple of %d key-value heads", c.Heads, c.KVHeads)
	}
	if c.HeadDim == 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	if c.RopeTheta > 0 && c.HeadDim%2 != 0 {
		return fmt.Errorf("a head of %d channels cannot be turned in pairs", c.HeadDim)
	}
	switch c.Activation {
	case "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "silu", "swish":
	default:
		return fmt.Errorf("activation %q is not supported", c.Activation)
	}
	arch, err := architecture(c)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, s := range arch.Specs() {
		total += s.Count()
	}
	if total > maxParameters {
		return fmt.Errorf("the model would have %d parameters; at most %d are read", total, maxParameters)
	}
	return nil
}

func parseBERT(f *fields, c *nn.Config) {
	c.Vocabulary = f.required("vocab_size", maxVocabulary)
	c.Hidden = f.required("hidden_size", maxHidden)
	c.Layers = f.required("num_hidden_layers", maxLayers)
	c.Heads = f.required("num_attention_heads", maxHidden)
	c.KVHeads = c.Heads
	c.Intermediate = f.required("intermediate_size", 8*maxHidden)
	c.MaxPositions = f.int("max_position_embeddings", 512, 1, maxPositions)
	eps, types, pad := 1e-12, 2, 0
	if c.ModelType == "roberta" {
		eps, types, pad = 1e-5, 1, 1
	}
	c.TypeVocab = f.int("type_vocab_size", types, 0, 1<<16)
	c.Activation = f.string("hidden_act", "gelu")
	c.Eps = f.float("layer_norm_eps", eps)
	c.Dropout = f.float("hidden_dropout_prob", 0.1)
	c.AttnDropout = f.float("attention_probs_dropout_prob", 0.1)
	c.HeadDropout = f.float("classifier_dropout", c.Dropout)
	c.InitStd = f.float("initializer_range", 0.02)
	c.PadID = f.token("pad_token_id", pad)
	if kind := f.string("position_embedding_type", "absolute"); kind != "absolute" {
		f.fail("position_embedding_type", "%q is not supported, only \"absolute\"", kind)
	}
}

func parseDistilBERT(f *fields, c *nn.Config) {
	c.Vocabulary = f.required("vocab_size", maxVocabulary)
	c.Hidden = f.required("dim", maxHidden)
	c.Layers = f.required("n_layers", maxLayers)
	c.Heads = f.required("n_heads", maxHidden)
	c.KVHeads = c.Heads
	c.Intermediate = f.int("hidden_dim", 4*c.Hidden, 1, 8*maxHidden)
	c.MaxPositions = f.int("max_position_embeddings", 512, 1, maxPositions)
	c.Activation = f.string("activation", "gelu")
	c.Eps = 1e-12
	c.Dropout = f.float("dropout", 0.1)
	c.AttnDropout = f.float("attention_dropout", 0.1)
	c.HeadDropout = f.float("seq_classif_dropout", 0.2)
	c.InitStd = f.float("initializer_range", 0.02)
	c.Sinusoidal = f.bool("sinusoidal_pos_embds", false)
	c.PadID = f.token("pad_token_id", 0)
}

func parseGPT2(f *fields, c *nn.Config) {
	c.Vocabulary = f.required("vocab_size", maxVocabulary)
	c.Hidden = f.required("n_embd", maxHidden)
	c.Layers = f.required("n_layer", maxLayers)
	c.Heads = f.required("n_head", maxHidden)
	c.KVHeads = c.Heads
	c.Intermediate = f.int("n_inner", 4*c.Hidden, 1, 8*maxHidden)
	c.MaxPositions = f.int("n_positions", f.int("n_ctx", 1024, 1, maxPositions), 1, maxPositions)
	c.Activation = f.string("activation_function", "gelu_new")
	c.Eps = f.float("layer_norm_epsilon", 1e-5)
	c.Dropout = f.float("resid_pdrop", 0.1)
	c.AttnDropout = f.float("attn_pdrop", 0.1)
	c.HeadDropout = 0
	c.InitStd = f.float("initializer_range", 0.02)
	c.TiedHead, c.LMHead = true, true
	c.BOSID, c.EOSID = f.token("bos_token_id", 50256), f.token("eos_token_id", 50256)
	c.PadID = f.token("pad_token_id", int(c.EOSID))
	if f.bool("scale_attn_by_inverse_layer_idx", false) || !f.bool("scale_attn_weights", true) {
		f.fail("scale_attn_by_inverse_layer_idx", "only the standard attention scale is supported")
	}
}

func parseLlama(f *fields, c *nn.Config) {
	c.Vocabulary = f.required("vocab_size", maxVocabulary)
	c.Hidden = f.required("hidden_size", maxHidden)
	c.Layers = f.required("num_hidden_layers", maxLayers)
	c.Heads = f.required("num_attention_heads", maxHidden)
	c.KVHeads = f.int("num_key_value_heads", c.Heads, 1, maxHidden)
	c.HeadDim = f.int("head_dim", 0, 0, maxHidden)
	c.Intermediate = f.required("intermediate_size", 8*maxHidden)
	c.MaxPositions = f.int("max_position_embeddings", 2048, 1, maxPositions)
	c.Activation = f.string("hidden_act", "silu")
	c.Eps = f.float("rms_norm_eps", 1e-6)
	c.AttnDropout = f.float("attention_dropout", 0)
	c.InitStd = f.float("initializer_range", 0.02)
	c.RopeTheta = f.float("rope_theta", 10000)
	if p, ok := f.raw["rope_parameters"].(map[string]any); ok {
		sub := &fields{raw: p}
		c.RopeTheta = sub.float("rope_theta", c.RopeTheta)
		if kind := sub.string("rope_type", "default"); kind != "default" {
			f.fail("rope_parameters", "rope_type %q is not supported", kind)
		}
		if sub.err != nil {
			f.fail("rope_parameters", "%v", sub.err)
		}
	}
	if s, ok := f.raw["rope_scaling"]; ok && s != nil {
		f.fail("rope_scaling", "scaled rotary positions are not supported")
	}
	// Attention here sees everything before it, as a sliding window does up to
	// its width: longer inputs would be computed wrongly.
	window := f.int("sliding_window", 0, 0, maxPositions)
	if window > 0 && (c.ModelType == "mistral" || f.bool("use_sliding_window", false)) {
		c.MaxPositions = min(c.MaxPositions, window)
	}
	c.TiedHead = f.bool("tie_word_embeddings", false)
	c.LMHead = c.TiedHead
	c.QKVBias = f.bool("attention_bias", false)
	c.OutBias = c.QKVBias
	if c.ModelType == "qwen2" {
		c.QKVBias, c.OutBias = true, false
	}
	c.MLPBias = f.bool("mlp_bias", false)
	c.BOSID, c.EOSID = f.token("bos_token_id", 1), f.token("eos_token_id", 2)
	c.PadID = f.token("pad_token_id", int(c.EOSID))
	if c.Activation != "silu" && c.Activation != "swish" {
		f.fail("hidden_act", "%q is not supported in a gated layer, only \"silu\"", c.Activation)
	}
}

// configFile is where a checkpoint folder keeps its shape.
func configFile(dir string) string { return filepath.Join(dir, "config.json") }
