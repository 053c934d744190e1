package nn

import "runexp/internal/lm/autodiff"

// Soft is trained vectors put between the embedded tokens of every sequence
// (Lester et al. 2021, arXiv:2104.08691).
type Soft struct {
	Embedding *Param // [n, H]
	// At is the index of the real token before which they stand: 0 is before
	// everything, 1 after CLS or BOS.
	At int
	// PoolFirst makes a CLS head read the first row of the sequence, soft or
	// not, which is the reference implementation's choice.
	PoolFirst bool
}

// Embed looks up the batch's tokens in the named table and puts soft tokens
// between them; [N, H].
func (p *Pass) Embed(table string, in *Input) *autodiff.Var {
	x := p.Tape.Gather(p.Param(table), in.IDs)
	if in.Order == nil {
		return x
	}
	return p.Tape.Gather(p.Tape.Concat(x, p.leaf(p.Overlay.Soft.Embedding)), in.Order)
}
