package nn

import "runexp/internal/lm/autodiff"

// Bottleneck is an adapter: down-projection, non-linearity, up-projection.
//
//	f(h) = Scale·(act(h·Downᵀ + b)·Upᵀ + c)
type Bottleneck struct {
	Kind string // houlsby, pfeiffer, parallel
	Down, DownBias,
	Up, UpBias *Param
	Activation string
	Scale      float32
}

// BottleneckSite names the place of an adapter: after the attention
// ("attention") or the feed-forward part ("output") of a layer.
func BottleneckSite(layer int, part string) string { return itoa(layer) + "." + part }

// HasAdapter reports whether a sequential bottleneck lies after that part of
// the layer.
func (p *Pass) HasAdapter(layer int, part string) bool {
	b := p.bottleneck(layer, part)
	return b != nil && b.Kind != "parallel"
}

// Adapter applies a sequential bottleneck to the output h of a part of a
// layer whose residual is x; h itself where there is none.
//
//	houlsby    h + f(h)                    Houlsby et al. 2019, arXiv:1902.00751
//	pfeiffer   h + f(norm(h + x))          Pfeiffer et al. 2021, arXiv:2005.00247
//
// norm is that which follows the sum in a post-norm encoder. A decoder has
// none there and gives nil: Pfeiffer's adapter then reads the sum itself.
func (p *Pass) Adapter(layer int, part string, h, x *autodiff.Var, norm func(*autodiff.Var) *autodiff.Var) *autodiff.Var {
	b := p.bottleneck(layer, part)
	if b == nil || b.Kind == "parallel" {
		return h
	}
	in := h
	if b.Kind == "pfeiffer" {
		in = p.Tape.Add(h, x)
		if norm != nil {
			in = norm(in)
		}
	}
	return p.Tape.Add(h, p.squeeze(b, in))
}

// Parallel adds a parallel bottleneck's reading of the part's input x to its
// output h (He et al. 2022, arXiv:2110.04366, section 3.3).
func (p *Pass) Parallel(layer int, part string, h, x *autodiff.Var) *autodiff.Var {
	b := p.bottleneck(layer, part)
	if b == nil || b.Kind != "parallel" {
		return h
	}
	return p.Tape.Add(h, p.squeeze(b, x))
}

func (p *Pass) bottleneck(layer int, part string) *Bottleneck {
	if p.Overlay == nil {
		return nil
	}
	return p.Overlay.Bottlenecks[BottleneckSite(layer, part)]
}

// squeeze is f of Bottleneck's comment.
func (p *Pass) squeeze(b *Bottleneck, x *autodiff.Var) *autodiff.Var {
	t := p.Tape
	h := t.Linear(x, p.leaf(b.Down), p.leaf(b.DownBias), autodiff.OutIn)
	h = t.Activate(h, ActivationByName(b.Activation))
	return t.Scale(t.Linear(h, p.leaf(b.Up), p.leaf(b.UpBias), autodiff.OutIn), b.Scale)
}
