package synth

import (
	"fmt"
	"strconv"
)

// Clauses are sentences that oblige, permit or forbid. Half come from the
// general domains "news" and "web", half from "contracts" and "statutes".
type Clauses struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
	Drift    float64 `hcl:"drift,optional" doc:"how far wording and label proportions move from 1990 to 2015" unit:"0 to 1"`
}

// NewClauses returns the defaults: 2,000 rows, shift 0.5.
func NewClauses() *Clauses {
	return &Clauses{Settings: newSettings(2000), Dial: newDial(), Drift: 0.5}
}

// Years of the dated generators, both ends included.
const (
	firstYear = 1990
	lastYear  = 2015
)

var (
	legalDomains  = []string{"contracts", "statutes"}
	clauseDomains = append(append([]string(nil), generalDomains...), legalDomains...)
)

// Proportions of obligation, permission and prohibition.
var (
	normPrior       = []float64{0.45, 0.33, 0.22}
	legalNormPrior  = []float64{0.28, 0.22, 0.50}
	recentNormPrior = []float64{0.25, 0.50, 0.25}
)

// Columns are id, clause, kind, domain, year.
func (c *Clauses) Columns() []string { return []string{"id", "clause", "kind", "domain", "year"} }

// Validate checks the ranges of all fields.
func (c *Clauses) Validate() []error {
	return append(append(c.Settings.validate(), c.Dial.validate()...), checkShare("drift", c.Drift, false)...)
}

// Rows makes the clauses; kind is one of obligation, permission, prohibition.
func (c *Clauses) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "clauses", i)
		domain := pick(d, clauseDomains)
		text, label, year := c.clause(d, domain)
		id := fmt.Sprintf("clauses-%06d", i)
		if !yield([]string{id, text, normNames[label], domain, strconv.Itoa(year)}) {
			return
		}
	}
}

// Text yields legal documents of three clauses each, for continued pretraining.
func (c *Clauses) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "clauses/text", i)
		domain := pick(d, legalDomains)
		var parts []string
		for range 3 {
			text, _, _ := c.clause(d, domain)
			parts = append(parts, text)
		}
		if !yield(join(parts...)) {
			return
		}
	}
}

func (c *Clauses) clause(d *dice, domain string) (text string, label, year int) {
	year = firstYear + d.below(lastYear-firstYear+1)
	age := c.Drift * float64(year-firstYear) / (lastYear - firstYear)
	v, legal := c.voice(d, domain)
	v.recent = 0.4 * age
	prior := blend(normPrior, recentNormPrior, age)
	mix, preamble := generalMix, 0.0
	if legal {
		prior = blend(prior, legalNormPrior, c.prior())
		mix, preamble = blend(generalMix, targetMix, c.syntax()), 0.4*c.syntax()
	}
	label = d.among(prior)
	return norms.sentence(v, label, mix, preamble) + " .", label, year
}

// voice of a domain; legal says whether the dial applies.
func (c *Clauses) voice(d *dice, domain string) (v *voice, legal bool) {
	switch domain {
	case "contracts", "statutes":
		v = generalVoice(d, pick(d, generalDomains))
		own := contracts
		if domain == "statutes" {
			own = statutes
		}
		return v.moved(own, c.vocabulary(), c.syntax()), true
	}
	return generalVoice(d, domain), false
}

// moved is the voice after a move to another stock of words: a share of its
// content words, and of its modal phrases and conjunctions, are the domain's.
func (v *voice) moved(own lexicon, vocabulary, syntax float64) *voice {
	out := *v
	if vocabulary > 0 {
		out.home = *v.whole
		out.own, out.share = own, 0.75*vocabulary
	}
	out.formal = v.formal + 0.6*vocabulary*(1-v.formal)
	out.adverb = v.adverb + 0.3*syntax
	return &out
}
