package lm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
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

// place is a parameter of an overlay: its name in the file and where the
// overlay keeps it.
type place struct {
	name string
	at   **nn.Param
}

// places lists where an overlay of that description keeps its parameters.
// Entries of maps that do not exist yet are made.
func places(o *nn.Overlay, d *overlayDescription) []place {
	var list []place
	add := func(name string, at **nn.Param) { list = append(list, place{name, at}) }
	for _, site := range slices.Sorted(maps.Keys(d.LowRank)) {
		l := o.LowRank[site]
		if l == nil {
			l = &nn.LowRank{Scale: d.LowRank[site].Scale, Dropout: d.LowRank[site].Dropout}
			o.LowRank[site] = l
		}
		add("low_rank/"+site+"/A", &l.A)
		add("low_rank/"+site+"/B", &l.B)
		add("low_rank/"+site+"/magnitude", &l.Magnitude)
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
		add("prefix/table", &p.Table)
		add("prefix/embedding", &p.Embedding)
		add("prefix/w1", &p.W1)
		add("prefix/bias1", &p.Bias1)
		add("prefix/w2", &p.W2)
		add("prefix/bias2", &p.Bias2)
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
		add("head/dense", &o.Head.Dense)
		add("head/dense_bias", &o.Head.DenseBias)
		add("head/out", &o.Head.Out)
		add("head/out_bias", &o.Head.OutBias)
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

const replacedPrefix = "replaced/"

// SaveOverlay writes an overlay to one safetensors file.
func SaveOverlay(path string, o *nn.Overlay) error {
	d := describe(o)
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("save overlay %s: %w", path, err)
	}
	var tensors []safetensors.Named
	add := func(name string, p *nn.Param) {
		tensors = append(tensors, named(name, []int{p.Value.Rows, p.Value.Cols}, p))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Replaced)) {
		add(replacedPrefix+name, o.Replaced[name])
	}
	for _, p := range places(o, d) {
		if *p.at != nil {
			add(p.name, *p.at)
		}
	}
	return safetensors.Write(path, map[string]string{"overlay": string(text)}, tensors)
}

// LoadOverlay reads what SaveOverlay wrote.
func LoadOverlay(path string) (*nn.Overlay, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := &overlayDescription{}
	if err := json.Unmarshal([]byte(f.Metadata()["overlay"]), d); err != nil {
		return nil, fmt.Errorf("open overlay %s: %w", path, err)
	}
	o := nn.NewOverlay(false)
	if err := fillOverlay(o, d, f); err != nil {
		o.Free()
		return nil, fmt.Errorf("open overlay %s: %w", path, err)
	}
	return o, nil
}

func fillOverlay(o *nn.Overlay, d *overlayDescription, f *safetensors.File) error {
	read := func(name string) (*nn.Param, error) {
		info, _ := f.Info(name)
		if len(info.Shape) != 2 {
			return nil, fmt.Errorf("tensor %q has shape %v, expected two dimensions", name, info.Shape)
		}
		p := nn.NewParam(o.Arena, name, int(info.Shape[0]), int(info.Shape[1]))
		return p, f.Read(name, p.Value.Slice())
	}
	known := map[string]**nn.Param{}
	for _, p := range places(o, d) {
		known[p.name] = p.at
	}
	for _, name := range f.Names() {
		p, err := read(name)
		if err != nil {
			return err
		}
		if at, ok := known[name]; ok {
			*at = p
		} else if base, ok := strings.CutPrefix(name, replacedPrefix); ok {
			p.Name = base
			o.Replaced[base] = p
		} else {
			return fmt.Errorf("unexpected tensor %q", name)
		}
	}
	return nil
}
