package methods

import (
	"errors"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Rewind returns a copy of a trained overlay in which only a share of the
// change to the model is left: 1 is the overlay, 0 the base model under the
// trained head.
//
//	replaced w   base + share·(w - base)        thin matrices   share·B·A
//	scales l     1 + share·(l - 1)              bottlenecks     share·f(h)
//	DoRA's m     ‖W‖ + share·(m - ‖W‖)
//
// Trained tokens (prefixes, prompts) are not a change of anything in the base
// and are an error. The caller frees the copy.
//
// Source: Wortsman et al. 2022, arXiv:2109.01903 (interpolation of weights).
func Rewind(base *lm.Base, o *lm.Overlay, share float64) (*lm.Overlay, error) {
	if o.Prefix != nil || o.Soft != nil {
		return nil, errors.New("rewind: a prefix or prompt is not a change of the model that could be scaled")
	}
	r := rewinder{to: nn.NewOverlay(isDry(base)), share: float32(share)}
	for name, p := range o.Replaced {
		r.to.Replaced[name] = r.towards(base.Weights[name].Value, p)
	}
	for site, l := range o.LowRank {
		b := r.copy(l.B)
		tensor.Scale(b.Value, b.Value, r.share)
		r.to.LowRank[site] = &nn.LowRank{A: r.copy(l.A), B: b, Magnitude: r.magnitude(base, site, l), Scale: l.Scale, Dropout: l.Dropout}
	}
	for site, s := range o.Scales {
		one := r.to.Arena.New(s.Vector.Value.Rows, s.Vector.Value.Cols)
		tensor.Fill(one, 1)
		r.to.Scales[site] = &nn.ActivationScale{Vector: r.towards(one, s.Vector), Input: s.Input}
	}
	for site, b := range o.Bottlenecks {
		r.to.Bottlenecks[site] = &nn.Bottleneck{
			Kind: b.Kind, Activation: b.Activation, Scale: b.Scale * r.share,
			Down: r.copy(b.Down), DownBias: r.copy(b.DownBias), Up: r.copy(b.Up), UpBias: r.copy(b.UpBias),
		}
	}
	if h := o.Head; h != nil {
		head := *h
		head.Dense, head.DenseBias, head.Out, head.OutBias = r.copy(h.Dense), r.copy(h.DenseBias), r.copy(h.Out), r.copy(h.OutBias)
		r.to.Head = &head
	}
	return r.to, nil
}

// rewinder copies parameters into an overlay.
type rewinder struct {
	to    *lm.Overlay
	share float32
}

func (r rewinder) copy(p *nn.Param) *nn.Param {
	if p == nil {
		return nil
	}
	q := nn.NewParam(r.to.Arena, p.Name, p.Value.Rows, p.Value.Cols)
	q.NoDecay, q.LRScale, q.Since = p.NoDecay, p.LRScale, p.Since
	tensor.Copy(q.Value, p.Value)
	return q
}

// towards returns from + share·(p - from). A share of 1 is p to the bit.
func (r rewinder) towards(from *tensor.Tensor, p *nn.Param) *nn.Param {
	q := r.copy(p)
	if r.share != 1 {
		tensor.Sub(q.Value, p.Value, from)
		tensor.Scale(q.Value, q.Value, r.share)
		tensor.Add(q.Value, q.Value, from)
	}
	return q
}

func (r rewinder) magnitude(base *lm.Base, site string, l *nn.LowRank) *nn.Param {
	if l.Magnitude == nil {
		return nil
	}
	s, scratch := base.Sites[site], tensor.NewArena()
	defer scratch.Free()
	norm := scratch.New(1, s.Out)
	nn.InitMagnitude(scratch, norm, base.Weights[s.WeightName()].Value, s.InOut)
	return r.towards(norm, l.Magnitude)
}

// Rewindable reports whether what a method trains is a change of the model that
// Rewind can scale. Prefixes and prompts are vectors that stand beside the input.
func Rewindable(m Method) bool {
	switch m := m.(type) {
	case *PrefixTuning, *PromptTuning:
		return false
	case *Union:
		return !slices.ContainsFunc(m.Parts, func(p *Part) bool { return !Rewindable(p.Method) })
	}
	return true
}
