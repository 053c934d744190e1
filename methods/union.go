package methods

import (
	"fmt"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Union trains several methods at once, each with its own part of the
// overlay. Two parts must not claim the same place.
//
// Source: Mao et al. 2022, arXiv:2110.07577 (without its gates).
type Union struct {
	Parts []*Part `hcl:"part,block" doc:"the methods to train together, two or more"`
}

// Part is one method of a union; the attributes are the method's own.
type Part struct {
	Name   string `hcl:"type,label" doc:"type of the method"`
	Method Method `hcl:",inline"`
}

// Init makes the method that the label names.
func (p *Part) Init() error {
	m, err := New(p.Name)
	if err != nil {
		return err
	}
	if _, ok := m.(part); !ok || p.Name == "union" {
		return fmt.Errorf("%q cannot be part of a union: it trains no parameters of its own over a model", p.Name)
	}
	p.Method = m
	return nil
}

// Type returns "union".
func (*Union) Type() string { return "union" }

// Draws returns true.
func (*Union) Draws() bool { return true }

// Supports returns the first objection of a part.
func (m *Union) Supports(kind string) error {
	for _, p := range m.Parts {
		if err := p.Method.Supports(kind); err != nil {
			return err
		}
	}
	return nil
}

// SupportsModel returns the first objection of a part.
func (m *Union) SupportsModel(c *nn.Config) error {
	for _, p := range m.Parts {
		if err := p.Method.(Adapter).SupportsModel(c); err != nil {
			return fmt.Errorf("part %s: %w", p.Name, err)
		}
	}
	return nil
}

// NeedsWords reports whether a part starts from label words.
func (m *Union) NeedsWords() bool {
	return slices.ContainsFunc(m.Parts, func(p *Part) bool {
		w, ok := p.Method.(interface{ NeedsWords() bool })
		return ok && w.NeedsWords()
	})
}

// Defaults returns those of the low-rank methods; before its parts are known
// a union has no better ones.
func (*Union) Defaults() TrainDefaults { return NewLoRA().Defaults() }

// Validate returns an error if there is nothing to unite.
func (m *Union) Validate() []error {
	if len(m.Parts) < 2 {
		return []error{&FieldError{"part", "A union needs at least two part blocks."}}
	}
	return nil
}

// Adapt makes the parameters of all parts and one head.
func (m *Union) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is the sum over the parts.
func (m *Union) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *Union) extend(o *nn.Overlay, base *lm.Base, setup Setup, key tensor.Key) error {
	for i, p := range m.Parts {
		if err := p.Method.(part).extend(o, base, setup, key.At(uint64(i))); err != nil {
			return fmt.Errorf("part %s: %w", p.Name, err)
		}
	}
	return nil
}

func (m *Union) count(base *lm.Base, head *nn.Head) (Count, error) {
	var sum Count
	for _, p := range m.Parts {
		c, err := p.Method.(part).count(base, head)
		if err != nil {
			return Count{}, fmt.Errorf("part %s: %w", p.Name, err)
		}
		sum.Trained += c.Trained
		sum.Stored += c.Stored
	}
	return sum, nil
}
