package lm

import (
	"maps"
	"slices"

	"runexp/internal/lm/nn"
)

// overlayDescription is the part of an overlay that is not numbers, kept as
// JSON in the file's metadata under "overlay".
type overlayDescription struct {
	LowRank     map[string]lowRankDescription    `json:"low_rank,omitempty"`
	Scales      map[string]bool                  `json:"scales,omitempty"` // site: scales its input
	Bottlenecks map[string]bottleneckDescription `json:"bottlenecks,omitempty"`
	Prefix      *prefixDescription               `json:"prefix,omitempty"`
	Soft        *softDescription                 `json:"soft,omitempty"`
	Head        *headDescription                 `json:"head,omitempty"`
	Frozen      []string                         `json:"frozen,omitempty"` // tensors that an earlier method trained
}

type lowRankDescription struct {
	Scale   float32 `json:"scale"`
	Dropout float32 `json:"dropout,omitempty"`
}

type bottleneckDescription struct {
	Kind       string  `json:"kind"`
	Activation string  `json:"activation"`
	Scale      float32 `json:"scale"`
}

type prefixDescription struct {
	Shift bool `json:"shift"`
	Len   int  `json:"len"`
}

type softDescription struct {
	At        int  `json:"at"`
	PoolFirst bool `json:"pool_first,omitempty"`
}

type headDescription struct {
	Task            string    `json:"task"`
	Pooling         string    `json:"pooling"`
	Outputs         int       `json:"outputs"`
	Dropout         float32   `json:"dropout"`
	UsePooler       bool      `json:"use_pooler,omitempty"`
	DenseActivation string    `json:"dense_activation,omitempty"`
	Words           [][]int32 `json:"words,omitempty"`
}

// place is a parameter of an overlay: its name in the file, where the overlay
// keeps it, and whether it may be absent.
type place struct {
	name     string
	at       **nn.Param
	optional bool
}

// places lists where an overlay of that description keeps its parameters.
// Entries of maps that do not exist yet are made.
func places(o *nn.Overlay, d *overlayDescription) []place {
	var list []place
	add := func(name string, at **nn.Param) { list = append(list, place{name, at, false}) }
	maybe := func(name string, at **nn.Param) { list = append(list, place{name, at, true}) }
	for _, site := range slices.Sorted(maps.Keys(d.LowRank)) {
		l := o.LowRank[site]
		if l == nil {
			l = &nn.LowRank{Scale: d.LowRank[site].Scale, Dropout: d.LowRank[site].Dropout}
			o.LowRank[site] = l
		}
		add("low_rank/"+site+"/A", &l.A)
		add("low_rank/"+site+"/B", &l.B)
		maybe("low_rank/"+site+"/magnitude", &l.Magnitude)
	}
	for _, site := range slices.Sorted(maps.Keys(d.Scales)) {
		s := o.Scales[site]
		if s == nil {
			s = &nn.ActivationScale{Input: d.Scales[site]}
			o.Scales[site] = s
		}
		add("scale/"+site, &s.Vector)
	}
	for _, site := range slices.Sorted(maps.Keys(d.Bottlenecks)) {
		b := o.Bottlenecks[site]
		if b == nil {
			x := d.Bottlenecks[site]
			b = &nn.Bottleneck{Kind: x.Kind, Activation: x.Activation, Scale: x.Scale}
			o.Bottlenecks[site] = b
		}
		add("bottleneck/"+site+"/down", &b.Down)
		add("bottleneck/"+site+"/down_bias", &b.DownBias)
		add("bottleneck/"+site+"/up", &b.Up)
		add("bottleneck/"+site+"/up_bias", &b.UpBias)
	}
	if d.Prefix != nil {
		if o.Prefix == nil {
			o.Prefix = &nn.Prefix{Shift: d.Prefix.Shift, Len: d.Prefix.Len}
		}
		p := o.Prefix
		maybe("prefix/table", &p.Table)
		maybe("prefix/embedding", &p.Embedding)
		maybe("prefix/w1", &p.W1)
		maybe("prefix/bias1", &p.Bias1)
		maybe("prefix/w2", &p.W2)
		maybe("prefix/bias2", &p.Bias2)
	}
	if d.Soft != nil {
		if o.Soft == nil {
			o.Soft = &nn.Soft{At: d.Soft.At, PoolFirst: d.Soft.PoolFirst}
		}
		add("soft/embedding", &o.Soft.Embedding)
	}
	if h := d.Head; h != nil {
		if o.Head == nil {
			o.Head = &nn.Head{Task: h.Task, Pooling: h.Pooling, Outputs: h.Outputs, Dropout: h.Dropout, UsePooler: h.UsePooler, DenseActivation: h.DenseActivation, Words: h.Words}
		}
		maybe("head/dense", &o.Head.Dense)
		maybe("head/dense_bias", &o.Head.DenseBias)
		maybe("head/out", &o.Head.Out)
		maybe("head/out_bias", &o.Head.OutBias)
	}
	return list
}

func describe(o *nn.Overlay) *overlayDescription {
	d := &overlayDescription{LowRank: map[string]lowRankDescription{}, Scales: map[string]bool{}, Bottlenecks: map[string]bottleneckDescription{}}
	for site, l := range o.LowRank {
		d.LowRank[site] = lowRankDescription{l.Scale, l.Dropout}
	}
	for site, s := range o.Scales {
		d.Scales[site] = s.Input
	}
	for site, b := range o.Bottlenecks {
		d.Bottlenecks[site] = bottleneckDescription{b.Kind, b.Activation, b.Scale}
	}
	if p := o.Prefix; p != nil {
		d.Prefix = &prefixDescription{p.Shift, p.Len}
	}
	if s := o.Soft; s != nil {
		d.Soft = &softDescription{s.At, s.PoolFirst}
	}
	if h := o.Head; h != nil {
		d.Head = &headDescription{h.Task, h.Pooling, h.Outputs, h.Dropout, h.UsePooler, h.DenseActivation, h.Words}
	}
	return d
}
