package nn

import "runexp/internal/lm/autodiff"

// ActivationScale is IA3's learned vector: it multiplies the outputs of a
// linear layer, or its inputs.
type ActivationScale struct {
	Vector *Param // [1, out] or [1, in]
	Input  bool
}

// Linear applies the named linear layer with whatever the overlay adds there:
// IA3 scales, LoRA, DoRA.
func (p *Pass) Linear(x *autodiff.Var, name string) *autodiff.Var {
	site := p.Sites[name]
	layout := autodiff.OutIn
	if site.InOut {
		layout = autodiff.InOut
	}
	weight := p.Param(site.WeightName())
	var bias *autodiff.Var
	if site.Bias {
		bias = p.Param(site.BiasName())
	}
	if p.Overlay == nil {
		return p.Tape.Linear(x, weight, bias, layout)
	}
	scale := p.Overlay.Scales[name]
	if scale != nil && scale.Input {
		x = p.Tape.ScaleColumns(x, p.leaf(scale.Vector))
	}
	y := p.lowRank(x, weight, bias, site, layout)
	if scale != nil && !scale.Input {
		y = p.Tape.ScaleColumns(y, p.leaf(scale.Vector))
	}
	return y
}

// QueryLinear is Linear for the queries of a layer of which only some rows are
// read: the others are zeros, which attend to something that nobody reads.
func (p *Pass) QueryLinear(x *autodiff.Var, name string, rows *Rows) *autodiff.Var {
	if rows == nil || rows.Index.Len() == x.Value.Rows {
		return p.Linear(x, name)
	}
	return p.Tape.Spread(p.Linear(p.Tape.Gather(x, rows.Index), name), rows.Index, x.Value.Rows)
}
