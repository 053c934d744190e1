package synth

import "fmt"

// Entailment pairs two sentences over the same words: the second follows from
// the first or it does not, by roles, order of events, and negation.
type Entailment struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewEntailment returns the defaults: 2,000 rows, shift 0.5.
func NewEntailment() *Entailment {
	return &Entailment{Settings: newSettings(2000), Dial: newDial()}
}

// relationNames are the labels of entailment; the general text answers "yes" and "no".
var relationNames = []string{"entailment", "not_entailment"}

// Ways to pair a premise and a hypothesis, with general and target weights.
const (
	byVoice = iota // active against passive, roles kept or exchanged
	byOrder        // before against after
	byPart         // one of two events, as told or denied
	byVerb         // "managed to", "failed to" against the plain event
)

var (
	generalPairs = []float64{0.20, 0.10, 0.30, 0.40}
	targetPairs  = []float64{0.30, 0.20, 0.30, 0.20}
)

// Columns are id, premise, hypothesis, relation, domain.
func (c *Entailment) Columns() []string {
	return []string{"id", "premise", "hypothesis", "relation", "domain"}
}

// Validate checks the ranges of all fields.
func (c *Entailment) Validate() []error {
	return append(c.Settings.validate(), c.Dial.validate()...)
}

// Rows makes the pairs; relation is entailment or not_entailment.
func (c *Entailment) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "entailment", i)
		domain := pick(d, clauseDomains)
		v, legal := (&Clauses{Dial: c.Dial}).voice(d, domain)
		weights, prior := generalPairs, []float64{0.5, 0.5}
		if legal {
			weights = blend(generalPairs, targetPairs, c.syntax())
			prior = blend(prior, []float64{0.35, 0.65}, c.prior())
		}
		label := d.among(prior)
		premise, hypothesis := v.pair(d.among(weights), label == 0)
		id := fmt.Sprintf("entailment-%06d", i)
		if !yield([]string{id, premise + " .", hypothesis + " .", relationNames[label], domain}) {
			return
		}
	}
}

// Text yields the sentences of legal pairs without their relation.
func (c *Entailment) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "entailment/text", i)
		v, _ := (&Clauses{Dial: c.Dial}).voice(d, pick(d, legalDomains))
		premise, _ := v.pair(d.among(targetPairs), d.chance(0.5))
		second, _ := v.pair(d.among(targetPairs), d.chance(0.5))
		if !yield(join(premise, ".", second, ".")) {
			return
		}
	}
}

var (
	implicatives = phrases("managed to; remembered to; was able to")
	failures     = phrases("failed to; forgot to; refused to; was unable to")
)

// pair writes a premise and a hypothesis that follows from it or does not.
func (v *voice) pair(kind int, follows bool) (premise, hypothesis string) {
	people := v.people(4)
	first, second := v.event(people[:2]), v.event(people[2:])
	switch kind {
	case byVoice:
		return v.voicePair(first, people[1], follows)
	case byOrder:
		return v.orderPair(first.bare().active(), second.bare().active(), follows)
	case byPart:
		return v.partPair(first.bare(), second.bare(), follows)
	default:
		return v.verbPair(first, follows)
	}
}

// orderPair tells two events in the same order in other words, or in the other.
func (v *voice) orderPair(a, b string, follows bool) (premise, hypothesis string) {
	premise = inOrder(v, a, b)
	if !follows {
		a, b = b, a
	}
	for hypothesis = premise; hypothesis == premise; {
		hypothesis = inOrder(v, a, b)
	}
	return premise, hypothesis
}

// voicePair keeps or exchanges the roles, in the other voice or the same.
func (v *voice) voicePair(e event, person string, follows bool) (premise, hypothesis string) {
	e.act = action{draw(v, v.own.toHuman, v.home.toHuman), person, true}
	told := e
	if !follows {
		told = e.swapped()
	}
	if follows || v.chance(0.5) { // never the same sentence twice
		if v.chance(0.5) {
			return e.active(), told.bare().passive()
		}
		return e.passive(), told.bare().active()
	}
	if v.chance(0.5) {
		return e.active(), told.bare().active()
	}
	return e.passive(), told.bare().passive()
}

// partPair asks for one of two events, of which one may have been denied.
func (v *voice) partPair(first, second event, follows bool) (premise, hypothesis string) {
	first.negated, second.negated = v.chance(0.5), v.chance(0.5)
	link := "and"
	if first.negated != second.negated {
		link = "but"
	}
	premise = join(first.told(v, 0.3), ",", link, second.told(v, 0.3))
	asked := first
	if v.chance(0.5) {
		asked = second
	}
	if !follows {
		asked = asked.denied()
	}
	return premise, asked.told(v, 0.3)
}

// verbPair asks whether what someone managed or failed to do was done.
func (v *voice) verbPair(e event, follows bool) (premise, hypothesis string) {
	tried, done := pick(v.dice, implicatives), true
	if v.chance(0.5) {
		tried, done = pick(v.dice, failures), false
	}
	premise = join("the", e.agent, tried, e.act.verb.base, "the", e.act.object, e.tail)
	e.negated = done != follows
	return premise, e.bare().told(v, 0.3)
}
