package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// Begin lays a batch out for arch, with the overlay's soft tokens and shifted
// positions.
func (p *Pass) Begin(arch Architecture, b *Batch) *Input {
	c := arch.Config()
	first := 0
	if c.ModelType == "roberta" {
		first = int(c.PadID) + 1
	}
	soft, at := 0, 0
	if o := p.Overlay; o != nil {
		if o.Soft != nil {
			soft, at = o.Soft.Embedding.Value.Rows, o.Soft.At
		}
		if o.Prefix != nil && o.Prefix.Shift {
			first += o.Prefix.Len
		}
	}
	if p.Overlay != nil && p.Overlay.Prefix != nil {
		p.prefix = p.prefixTable(p.Overlay.Prefix)
	}
	return newInput(p.Tape.Arena(), b, soft, at, first)
}

// Forward runs the model and the overlay's head: [S, Outputs], or one row per
// token for tagging, or one per choice for multiple choice.
func (p *Pass) Forward(arch Architecture, b *Batch) *autodiff.Var {
	in := p.Begin(arch, b)
	return p.Overlay.Head.apply(p, arch, in)
}

// LMLogits scores the vocabulary at the rows that index selects, sequence by
// sequence; [rows, V].
func (p *Pass) LMLogits(arch Architecture, b *Batch, index func(s int) []int) *autodiff.Var {
	in := p.Begin(arch, b)
	h := arch.Encode(p, in, in.Select(p.Tape.Arena(), index))
	return p.decode(arch, h)
}

func (p *Pass) decode(arch Architecture, h *autodiff.Var) *autodiff.Var {
	weight, biasName := arch.Decoder()
	var bias *autodiff.Var
	if biasName != "" {
		bias = p.Param(biasName)
	}
	return p.Tape.Linear(arch.LMTransform(p, h), p.Param(weight), bias, autodiff.OutIn)
}

// Pooled reduces the last hidden states of each sequence to one row: that of
// its first token (cls), of its last, of its mask token (mask), or the mean or
// maximum over its tokens, special ones included. Soft tokens are no part of
// the text: they act through attention and are not read themselves.
func (p *Pass) Pooled(arch Architecture, b *Batch, pooling string) *autodiff.Var {
	return p.pooled(arch, p.Begin(arch, b), pooling)
}

func (p *Pass) pooled(arch Architecture, in *Input, pooling string) *autodiff.Var {
	a := p.Tape.Arena()
	if p.Known != nil && p.Known.Layers == arch.Config().Layers {
		return p.Tape.Const(p.Known.Hidden)
	}
	real := func() *Rows { return in.Select(a, func(s int) []int { return upTo(in.length(s)) }) }
	switch {
	case pooling == "tokens":
		return arch.Encode(p, in, real())
	case (pooling == "mean" || pooling == "max") && in.soft > 0:
		rows := real()
		return p.reduce(arch.Encode(p, in, rows), rows.Offsets, pooling)
	case pooling == "mean" || pooling == "max":
		return p.Reduce(in, arch.Encode(p, in, nil), pooling)
	}
	return arch.Encode(p, in, in.selectRows(a, p.poolRows(in, pooling)))
}

// Reduce pools full hidden states [N, H] to [S, H].
func (p *Pass) Reduce(in *Input, h *autodiff.Var, pooling string) *autodiff.Var {
	if pooling == "mean" || pooling == "max" {
		return p.reduce(h, in.Offsets, pooling)
	}
	return p.Tape.Gather(h, p.Tape.Arena().Ints(p.poolRows(in, pooling)))
}

// reduce is the mean or the maximum of each segment's rows.
func (p *Pass) reduce(h *autodiff.Var, offsets *tensor.Ints, pooling string) *autodiff.Var {
	if pooling == "max" {
		return p.Tape.SegmentMax(h, offsets)
	}
	return p.Tape.SegmentMean(h, offsets)
}

// poolRows is the row that each sequence is read at.
func (p *Pass) poolRows(in *Input, pooling string) []int32 {
	rows := make([]int32, in.Len())
	for s := range rows {
		if in.length(s) == 0 {
			panic("nn: sequence " + itoa(s) + " of the batch has no tokens to read")
		}
		switch pooling {
		case "cls":
			rows[s] = in.Row(s, 0)
			if p.Overlay != nil && p.Overlay.Soft != nil && p.Overlay.Soft.PoolFirst {
				rows[s] = in.offsets[s]
			}
		case "last":
			rows[s] = in.Row(s, in.length(s)-1)
		case "mask":
			rows[s] = in.Row(s, int(in.Batch.Mask[s]))
		default:
			panic("nn: unknown pooling " + pooling)
		}
	}
	return rows
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
