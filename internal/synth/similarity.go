package synth

import (
	"fmt"
	"strconv"
)

// Similarity scores two sentences from 0 to 5 by what they share: who acts, what
// is done, to whom, and whether it happened. Exchanged roles share the words and
// lose both points.
type Similarity struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewSimilarity returns the defaults: 1,500 rows, shift 0.5.
func NewSimilarity() *Similarity {
	return &Similarity{Settings: newSettings(1500), Dial: newDial()}
}

// Columns are id, first, second, score, domain.
func (c *Similarity) Columns() []string { return []string{"id", "first", "second", "score", "domain"} }

// Validate checks the ranges of all fields.
func (c *Similarity) Validate() []error { return append(c.Settings.validate(), c.Dial.validate()...) }

// Rows makes the pairs; score is 0, 1.25, 2.5, 3.75 or 5.
func (c *Similarity) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "similarity", i)
		domain := pick(d, clauseDomains)
		v, _ := (&Clauses{Dial: c.Dial}).voice(d, domain)
		a, b := v.likeness()
		row := []string{fmt.Sprintf("similarity-%06d", i), a.told(v, 0.4) + " .", b.told(v, 0.4) + " .",
			strconv.FormatFloat(a.shared(b), 'g', -1, 64), domain}
		if !yield(row) {
			return
		}
	}
}

// Text yields legal sentences, two to a document.
func (c *Similarity) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "similarity/text", i)
		v, _ := (&Clauses{Dial: c.Dial}).voice(d, pick(d, legalDomains))
		a, b := v.likeness()
		if !yield(join(a.told(v, 0.4), ".", b.told(v, 0.4), ".")) {
			return
		}
	}
}

// likeness draws an event between people and a variant of it.
func (v *voice) likeness() (a, b event) {
	people := v.people(4)
	a = event{agent: people[0], act: action{draw(v, v.own.toHuman, v.home.toHuman), people[1], true}}
	b = a
	if v.chance(0.3) {
		b = b.swapped()
	}
	if v.chance(0.3) {
		b.agent = people[2]
	}
	if v.chance(0.3) {
		b.act.object = people[3]
	}
	if v.chance(0.3) {
		b.act.verb = draw(v, v.own.toHuman, v.home.toHuman)
	}
	if v.chance(0.3) {
		b = b.denied()
	}
	a.tail, b.tail = v.tail(), v.tail()
	return a, b
}

// shared counts 1.25 for each of agent, verb, object and polarity.
func (e event) shared(o event) float64 {
	var score float64
	for _, same := range []bool{e.agent == o.agent, e.act.verb == o.act.verb, e.act.object == o.act.object, e.negated == o.negated} {
		if same {
			score += 1.25
		}
	}
	return score
}
