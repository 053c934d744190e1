package bert

import "runexp/internal/lm/nn"

// names is how a checkpoint of one of the families calls the parts.
type names struct {
	root                             string
	layers                           string
	query, key, value                string
	attentionOut, attentionNorm      string
	intermediate, output, outputNorm string
	lmDense, lmNorm, lmBias          string
}

func (n names) layer(l int) string { return n.layers + itoa(l) + "." }

func namesOf(modelType string) names {
	switch modelType {
	case "distilbert":
		return names{
			root: "distilbert", layers: "distilbert.transformer.layer.",
			query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
			attentionOut: "attention.out_lin", attentionNorm: "sa_layer_norm",
			intermediate: "ffn.lin1", output: "ffn.lin2", outputNorm: "output_layer_norm",
			lmDense: "vocab_transform", lmNorm: "vocab_layer_norm", lmBias: "vocab_projector.bias",
		}
	case "roberta":
		n := bertNames("roberta")
		n.lmDense, n.lmNorm, n.lmBias = "lm_head.dense", "lm_head.layer_norm", "lm_head.bias"
		return n
	default:
		n := bertNames("bert")
		n.lmDense, n.lmNorm, n.lmBias = "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"
		return n
	}
}

func bertNames(root string) names {
	return names{
		root: root, layers: root + ".encoder.layer.",
		query: "attention.self.query", key: "attention.self.key", value: "attention.self.value",
		attentionOut: "attention.output.dense", attentionNorm: "attention.output.LayerNorm",
		intermediate: "intermediate.dense", output: "output.dense", outputNorm: "output.LayerNorm",
	}
}

// Specs lists every parameter in checkpoint order.
func (m *Model) Specs() []nn.Spec {
	c, n := m.config, m.names
	var specs []nn.Spec
	matrix := func(name string, rows, cols, layer int, group string) {
		specs = append(specs, nn.Spec{Name: name + ".weight", Shape: []int{rows, cols}, Layer: layer, Group: group})
	}
	bias := func(name string, size, layer int, group string) {
		specs = append(specs, nn.Spec{Name: name, Shape: []int{size}, Init: nn.InitZero, Layer: layer, Group: group})
	}
	dense := func(name string, out, in, layer int, group string) {
		matrix(name, out, in, layer, group)
		bias(name+".bias", out, layer, group)
	}
	norm := func(name string, layer int, group string) {
		specs = append(specs, nn.Spec{Name: name + ".weight", Shape: []int{c.Hidden}, Init: nn.InitOne, Layer: layer, Group: group})
		bias(name+".bias", c.Hidden, layer, group)
	}

	root := n.root + ".embeddings."
	matrix(root+"word_embeddings", c.Vocabulary, c.Hidden, -1, "")
	matrix(root+"position_embeddings", c.MaxPositions, c.Hidden, -1, "")
	if c.Sinusoidal {
		specs[len(specs)-1].Init = nn.InitSinusoid
	}
	if c.TypeVocab > 0 {
		matrix(root+"token_type_embeddings", c.TypeVocab, c.Hidden, -1, "")
	}
	norm(root+"LayerNorm", -1, "")
	for l := range c.Layers {
		at := n.layer(l)
		for _, name := range []string{n.query, n.key, n.value, n.attentionOut} {
			dense(at+name, c.Hidden, c.Hidden, l, "")
		}
		norm(at+n.attentionNorm, l, "")
		dense(at+n.intermediate, c.Intermediate, c.Hidden, l, "")
		dense(at+n.output, c.Hidden, c.Intermediate, l, "")
		norm(at+n.outputNorm, l, "")
	}
	if c.Pooler {
		dense(n.root+".pooler.dense", c.Hidden, c.Hidden, c.Layers, "pooler")
	}
	if c.LMHead {
		dense(n.lmDense, c.Hidden, c.Hidden, c.Layers, "lm_head")
		norm(n.lmNorm, c.Layers, "lm_head")
		bias(n.lmBias, c.Vocabulary, c.Layers, "lm_head")
	}
	return specs
}

// Sites lists the linear layers.
func (m *Model) Sites() []nn.Site {
	c, n := m.config, m.names
	var sites []nn.Site
	for l := range c.Layers {
		for _, s := range []nn.Site{
			{Name: n.query, Role: "query", In: c.Hidden, Out: c.Hidden},
			{Name: n.key, Role: "key", In: c.Hidden, Out: c.Hidden},
			{Name: n.value, Role: "value", In: c.Hidden, Out: c.Hidden},
			{Name: n.attentionOut, Role: "attention_output", In: c.Hidden, Out: c.Hidden},
			{Name: n.intermediate, Role: "intermediate", In: c.Hidden, Out: c.Intermediate},
			{Name: n.output, Role: "output", In: c.Intermediate, Out: c.Hidden},
		} {
			s.Name, s.Layer, s.Bias = n.layer(l)+s.Name, l, true
			sites = append(sites, s)
		}
	}
	if c.Pooler {
		sites = append(sites, nn.Site{Name: n.root + ".pooler.dense", Role: "pooler", Layer: c.Layers, In: c.Hidden, Out: c.Hidden, Bias: true})
	}
	return sites
}
