package nn

import "runexp/internal/lm/tensor"

// CopyMatching copies the values of from's parameters to those of o that have
// the same place and shape, and returns how many there were.
func (o *Overlay) CopyMatching(from *Overlay) int {
	n := 0
	copyTo := func(dst, src *Param) {
		if dst != nil && src != nil && dst.Value.Rows == src.Value.Rows && dst.Value.Cols == src.Value.Cols {
			tensor.Copy(dst.Value, src.Value)
			n++
		}
	}
	for name, p := range o.Replaced {
		copyTo(p, from.Replaced[name])
	}
	for site, l := range o.LowRank {
		if f := from.LowRank[site]; f != nil {
			copyTo(l.A, f.A)
			copyTo(l.B, f.B)
			copyTo(l.Magnitude, f.Magnitude)
		}
	}
	for site, s := range o.Scales {
		if f := from.Scales[site]; f != nil {
			copyTo(s.Vector, f.Vector)
		}
	}
	for site, b := range o.Bottlenecks {
		if f := from.Bottlenecks[site]; f != nil {
			copyTo(b.Down, f.Down)
			copyTo(b.DownBias, f.DownBias)
			copyTo(b.Up, f.Up)
			copyTo(b.UpBias, f.UpBias)
		}
	}
	if o.Prefix != nil && from.Prefix != nil {
		copyTo(o.Prefix.Table, from.Prefix.Table)
	}
	if o.Soft != nil && from.Soft != nil {
		copyTo(o.Soft.Embedding, from.Soft.Embedding)
	}
	if o.Head != nil && from.Head != nil && o.Head.Pooling == from.Head.Pooling {
		copyTo(o.Head.Dense, from.Head.Dense)
		copyTo(o.Head.DenseBias, from.Head.DenseBias)
		copyTo(o.Head.Out, from.Head.Out)
		copyTo(o.Head.OutBias, from.Head.OutBias)
	}
	return n
}
