package lm

import "runexp/internal/lm/nn"

// What each family calls the parts of its shape, and what it assumes.

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
