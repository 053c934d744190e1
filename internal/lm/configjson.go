package lm

import "runexp/internal/lm/nn"

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
