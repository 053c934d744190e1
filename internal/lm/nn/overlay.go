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

// Trainable lists the parameters that training moves: all but frozen ones.
func (o *Overlay) Trainable() []*Param {
	return slices.DeleteFunc(o.Params(), func(p *Param) bool { return p.Frozen })
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
