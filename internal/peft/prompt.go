package peft

import (
	"errors"
	"fmt"
	"maps"

	"runexp/internal/lm/nn"
)

const promptTensor = "prompt_embeddings"

// prompt writes trained vectors before the input: [tokens, hidden].
func (e *exporter) prompt() error {
	if err := e.onlyReplaced("prompt tuning", none); err != nil {
		return err
	}
	c, s := e.base.Config(), e.o.Soft
	if s.At != 0 {
		return errors.New("PEFT puts trained vectors before everything, and these stand after the first token (position = \"after_first\")")
	}
	if l, err := matchHead(c, e.o.Head); err != nil {
		return err
	} else if l.pool == "cls" && !s.PoolFirst {
		return errors.New("PEFT's classifier reads the first row, which is a trained vector, and this head reads the CLS token; train with reads = \"first\"")
	}
	if c.Causal() && taskOf(e.o.Head) != "language_modeling" {
		e.warn("%sForSequenceClassification cannot see padding behind trained vectors: give it rows one at a time", families[c.ModelType])
	}
	v := s.Embedding.Value
	e.tokens("PROMPT_TUNING", v.Rows, c.Hidden, c.Heads)
	e.config["prompt_tuning_init"] = "RANDOM"
	e.add(promptTensor, s.Embedding, v.Rows, v.Cols)
	return nil
}

// tokens writes the fields of methods that train tokens.
func (e *exporter) tokens(kind string, n, width, heads int) {
	maps.Copy(e.config, map[string]any{
		"peft_type": kind, "num_virtual_tokens": n, "token_dim": width, "num_attention_heads": heads,
		"num_layers": e.base.Config().Layers, "num_transformer_submodules": 1,
	})
}

// prefix writes a table [tokens, layers·2·kv]: keys and values of each layer
// in turn. With grouped keys, width and heads are those of the keys.
func (e *exporter) prefix() error {
	if err := e.onlyReplaced("prefix tuning", none); err != nil {
		return err
	}
	c, p := e.base.Config(), e.o.Prefix
	switch {
	case p.Table == nil:
		return errors.New("the prefix is still made by a network; fold it first")
	case c.ModelType == "distilbert":
		return errors.New("PEFT has no prefix tuning for DistilBERT, which takes no keys and values from outside")
	case !p.Shift:
		return errors.New("PEFT counts the positions of real tokens from the prefix on, and this prefix was trained without; train with shift_positions = true")
	}
	e.tokens("PREFIX_TUNING", p.Len, c.KVDim(), c.KVHeads)
	e.config["encoder_hidden_size"] = c.Hidden
	e.config["prefix_projection"] = false
	e.add(promptTensor, p.Table, p.Table.Value.Rows, p.Table.Value.Cols)
	return nil
}

func (r *importer) prompt() error {
	if n := r.config.Submodules; n != nil && *n > 1 {
		return fmt.Errorf("num_transformer_submodules is %d; encoder-decoders are not supported", *n)
	}
	if r.config.Tokens < 1 {
		return fmt.Errorf("num_virtual_tokens is %d", r.config.Tokens)
	}
	c := r.base.Config()
	if r.config.PEFTType == "PREFIX_TUNING" {
		p := r.take(promptTensor, "prefix.table", r.config.Tokens, c.Layers*2*c.KVDim())
		r.o.Prefix = &nn.Prefix{Table: noDecay(p), Len: r.config.Tokens, Shift: true}
		return nil
	}
	p := r.take(promptTensor, "prompt", r.config.Tokens, c.Hidden)
	r.o.Soft = &nn.Soft{Embedding: noDecay(p), PoolFirst: true}
	return nil
}

func noDecay(p *nn.Param) *nn.Param {
	if p != nil {
		p.NoDecay = true
	}
	return p
}
