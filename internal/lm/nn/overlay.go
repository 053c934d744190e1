package nn

import (
	"maps"
	"slices"

	"runexp/internal/lm/tensor"
)

// An Overlay is what adapting yields: the trained numbers, and where they lie
// over a base model that stays as it is. The zero Overlay changes nothing.
type Overlay struct {
	// Replaced parameters, by the name of the base parameter.
	Replaced map[string]*Param
	// LowRank additions, by the name of the Site.
	LowRank map[string]*LowRank
	// Scales of activations, by the name of the Site.
	Scales map[string]*ActivationScale
	// Bottlenecks, by BottleneckSite.
	Bottlenecks map[string]*Bottleneck
	Prefix      *Prefix
	Soft        *Soft
	Head        *Head

	// Arena holds the overlay's values.
	Arena *tensor.Arena
}

// NewOverlay returns an empty overlay; dry makes it carry shapes only.
func NewOverlay(dry bool) *Overlay {
	a := tensor.NewArena()
	if dry {
		a = tensor.NewDryArena()
	}
	return &Overlay{
		Replaced:    map[string]*Param{},
		LowRank:     map[string]*LowRank{},
		Scales:      map[string]*ActivationScale{},
		Bottlenecks: map[string]*Bottleneck{},
		Arena:       a,
	}
}

// LowRank is LoRA's addition to a linear layer.
//
//	y = x·Wᵀ + Scale·(dropout(x)·Aᵀ)·Bᵀ         A [r, in], B [out, r]
//
// With Magnitude [1, out] (DoRA, Liu et al. 2024, arXiv:2402.09353) the sum
// is rescaled row-wise to that norm; the norm of W + Scale·B·A is a constant
// in the backward pass, as in the paper's section 4.3.
type LowRank struct {
	A, B      *Param
	Magnitude *Param
	Scale     float32
	Dropout   float32
}

// ActivationScale is IA3's learned vector: it multiplies the outputs of a
// linear layer, or its inputs.
type ActivationScale struct {
	Vector *Param // [1, out] or [1, in]
	Input  bool
}

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

// BottleneckSite names the place of an adapter: after the attention or the
// feed-forward part of a layer.
func BottleneckSite(layer int, part string) string { return itoa(layer) + "." + part }

// Prefix is keys and values put before those of every sequence, in every
// layer (Li and Liang 2021, arXiv:2101.00190).
//
// Table [P, L·2·kv] has, for each prefix token, the layers' keys and values
// one after another, which is PEFT's layout. While it is trained through an
// MLP, Table is nil and is computed as
//
//	tanh(Embedding·W1ᵀ + b1)·W2ᵀ + b2         Embedding [P, E], W1 [M, E], W2 [L·2·kv, M]
type Prefix struct {
	Table                           *Param
	Embedding, W1, Bias1, W2, Bias2 *Param
	// Shift makes the real tokens' positions start after the prefix, as the
	// reference implementation does.
	Shift bool
	Len   int
}

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

// Params lists the overlay's parameters by name.
func (o *Overlay) Params() []*Param {
	var list []*Param
	add := func(ps ...*Param) {
		for _, p := range ps {
			if p != nil {
				list = append(list, p)
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(o.Replaced)) {
		add(o.Replaced[k])
	}
	for _, k := range slices.Sorted(maps.Keys(o.LowRank)) {
		l := o.LowRank[k]
		add(l.A, l.B, l.Magnitude)
	}
	for _, k := range slices.Sorted(maps.Keys(o.Scales)) {
		add(o.Scales[k].Vector)
	}
	for _, k := range slices.Sorted(maps.Keys(o.Bottlenecks)) {
		b := o.Bottlenecks[k]
		add(b.Down, b.DownBias, b.Up, b.UpBias)
	}
	if p := o.Prefix; p != nil {
		add(p.Table, p.Embedding, p.W1, p.Bias1, p.W2, p.Bias2)
	}
	if o.Soft != nil {
		add(o.Soft.Embedding)
	}
	if o.Head != nil {
		add(o.Head.params()...)
	}
	return list
}

// Count is the number of scalars in the overlay, and how many of them belong
// to the head.
func (o *Overlay) Count() (all, head int64) {
	for _, p := range o.Params() {
		all += p.Count()
	}
	if o.Head != nil {
		for _, p := range o.Head.params() {
			head += p.Count()
		}
	}
	return all, head
}

// Free gives the overlay's memory back; it must not be used afterwards.
func (o *Overlay) Free() { o.Arena.Free() }

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
