package lm

import (
	"errors"
	"math"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// New returns a model of the given shape with initial weights drawn from key:
// matrices N(0, InitStd), biases 0, norms 1. It is what pretraining starts
// from.
func New(c *nn.Config, tok *tokenizer.Tokenizer, key tensor.Key) (*Base, error) {
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	b, err := newBase(c, false)
	if err != nil {
		return nil, err
	}
	for i, s := range b.Arch.Specs() {
		x := b.Weights[s.Name].Value
		switch s.Init {
		case nn.InitZero:
			tensor.Fill(x, 0)
		case nn.InitOne:
			tensor.Fill(x, 1)
		case nn.InitSinusoid:
			x.CopyFrom(sinusoid(x.Rows, x.Cols))
		default:
			tensor.FillNormal(x, 0, float32(c.InitStd), key.At(uint64(i)))
		}
	}
	b.Tokenizer = tok
	b.config = configJSON(c)
	return b, nil
}

// NewDry returns a model of the given shape without weights: for counting
// parameters and predicting memory.
func NewDry(c *nn.Config) (*Base, error) {
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	return newBase(c, true)
}

// LoadRandom reads config.json from dir and returns an untrained model of
// that shape, with dir's tokenizer if there is one, else a hashing tokenizer
// of the right size and a warning.
func LoadRandom(configPath, dir string, key tensor.Key) (*Base, error) {
	c, raw, err := readConfig(configPath)
	if err != nil {
		return nil, err
	}
	withAllParts(c)
	var warnings []string
	tok, err := tokenizer.Load(dir)
	if err != nil {
		if !errors.Is(err, tokenizer.ErrNoFiles) {
			return nil, err
		}
		tok = tokenizer.NewHashing(c.Vocabulary)
		warnings = append(warnings, "no tokenizer files beside "+configPath+": words are hashed into the vocabulary")
	}
	b, err := New(c, tok, key)
	if err != nil {
		return nil, err
	}
	b.config, b.Warnings = raw, warnings
	return b, nil
}

// sinusoid is the fixed position table of Vaswani et al. 2017, section 3.5,
// with DistilBERT's interleaving.
func sinusoid(rows, cols int) []float32 {
	table := make([]float32, rows*cols)
	for p := range rows {
		for i := range cols {
			angle := float64(p) / math.Pow(10000, 2*float64(i/2)/float64(cols))
			v := math.Sin(angle)
			if i%2 == 1 {
				v = math.Cos(angle)
			}
			table[p*cols+i] = float32(v)
		}
	}
	return table
}

// configJSON writes a shape the way its family's config.json does.
func configJSON(c *nn.Config) map[string]any {
	m := map[string]any{"model_type": c.ModelType, "vocab_size": c.Vocabulary, "initializer_range": c.InitStd, "torch_dtype": "float32", "pad_token_id": c.PadID}
	set := func(kv ...any) {
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
	}
	switch c.ModelType {
	case "gpt2":
		set("n_embd", c.Hidden, "n_layer", c.Layers, "n_head", c.Heads, "n_inner", c.Intermediate, "n_positions", c.MaxPositions,
			"activation_function", c.Activation, "layer_norm_epsilon", c.Eps, "resid_pdrop", c.Dropout, "embd_pdrop", c.Dropout,
			"attn_pdrop", c.AttnDropout, "bos_token_id", c.BOSID, "eos_token_id", c.EOSID, "architectures", []string{"GPT2LMHeadModel"})
	case "llama", "mistral", "qwen2":
		class := map[string]string{"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM"}[c.ModelType]
		set("hidden_size", c.Hidden, "num_hidden_layers", c.Layers, "num_attention_heads", c.Heads, "num_key_value_heads", c.KVHeads,
			"head_dim", c.HeadDim, "intermediate_size", c.Intermediate, "max_position_embeddings", c.MaxPositions, "hidden_act", c.Activation,
			"rms_norm_eps", c.Eps, "rope_theta", c.RopeTheta, "tie_word_embeddings", c.TiedHead, "attention_dropout", c.AttnDropout,
			"attention_bias", c.ModelType != "qwen2" && c.QKVBias, "mlp_bias", c.MLPBias, "bos_token_id", c.BOSID, "eos_token_id", c.EOSID, "architectures", []string{class})
	case "distilbert":
		set("dim", c.Hidden, "n_layers", c.Layers, "n_heads", c.Heads, "hidden_dim", c.Intermediate, "max_position_embeddings", c.MaxPositions,
			"activation", c.Activation, "dropout", c.Dropout, "attention_dropout", c.AttnDropout, "seq_classif_dropout", c.HeadDropout,
			"sinusoidal_pos_embds", c.Sinusoidal, "architectures", []string{"DistilBertForMaskedLM"})
	default:
		class := map[string]string{"bert": "BertForMaskedLM", "roberta": "RobertaForMaskedLM"}[c.ModelType]
		set("hidden_size", c.Hidden, "num_hidden_layers", c.Layers, "num_attention_heads", c.Heads, "intermediate_size", c.Intermediate,
			"max_position_embeddings", c.MaxPositions, "type_vocab_size", c.TypeVocab, "hidden_act", c.Activation, "layer_norm_eps", c.Eps,
			"hidden_dropout_prob", c.Dropout, "attention_probs_dropout_prob", c.AttnDropout, "classifier_dropout", c.HeadDropout,
			"position_embedding_type", "absolute", "architectures", []string{class})
	}
	return m
}
