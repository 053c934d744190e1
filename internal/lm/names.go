package lm

import (
	"fmt"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
)

// canonicalNames maps the parameters' canonical names to the names in a
// checkpoint file, and sets c.Pooler and c.LMHead by what is there. It
// undoes what files differ in: the prefix of the backbone, gamma and beta for
// weight and bias of norms, tied copies and buffers that hold nothing.
// Tensors of a task's head are returned as unused.
func canonicalNames(c *nn.Config, files []string) (names map[string]string, unused []string, err error) {
	names = map[string]string{}
	for _, file := range files {
		name := file
		if dropped(c, name) {
			continue
		}
		if taskHead(name) {
			unused = append(unused, file)
			continue
		}
		name = withRoot(c, name)
		name = modernNorm(name)
		if other, ok := names[name]; ok {
			return nil, nil, fmt.Errorf("tensors %q and %q are the same parameter", other, file)
		}
		names[name] = file
	}
	for name := range names {
		switch {
		case strings.Contains(name, "pooler."):
			c.Pooler = true
		case strings.HasPrefix(name, "cls.predictions."), strings.HasPrefix(name, "vocab_"), strings.HasPrefix(name, "lm_head."):
			c.LMHead = true
		}
	}
	return names, unused, nil
}

// dropped names tensors that carry no information: buffers, and copies of
// tied matrices.
func dropped(c *nn.Config, name string) bool {
	for _, suffix := range []string{"position_ids", "token_type_ids", "attn.masked_bias", "rotary_emb.inv_freq"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	switch c.ModelType {
	case "bert":
		return strings.HasPrefix(name, "cls.predictions.decoder.") || strings.HasPrefix(name, "cls.seq_relationship.")
	case "roberta":
		return strings.HasPrefix(name, "lm_head.decoder.")
	case "distilbert":
		return name == "vocab_projector.weight"
	case "gpt2":
		return name == "lm_head.weight" || strings.HasSuffix(name, ".attn.bias")
	}
	return c.TiedHead && name == "lm_head.weight"
}

func taskHead(name string) bool {
	part, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"classifier", "pre_classifier", "score", "qa_outputs"}, part)
}

// withRoot adds the backbone's prefix where a file leaves it out.
func withRoot(c *nn.Config, name string) string {
	root, starts := "", []string{"embeddings.", "encoder.", "pooler.", "transformer."}
	switch c.ModelType {
	case "bert", "roberta", "distilbert":
		root = c.ModelType + "."
	case "gpt2":
		root, starts = "transformer.", []string{"wte.", "wpe.", "h.", "ln_f."}
	default:
		root, starts = "model.", []string{"embed_tokens.", "layers.", "norm."}
	}
	for _, s := range starts {
		if strings.HasPrefix(name, s) {
			return root + name
		}
	}
	return name
}

// modernNorm: older BERT files call a norm's weight gamma and its bias beta.
func modernNorm(name string) string {
	if s, ok := strings.CutSuffix(name, ".gamma"); ok {
		return s + ".weight"
	}
	if s, ok := strings.CutSuffix(name, ".beta"); ok {
		return s + ".bias"
	}
	return name
}
