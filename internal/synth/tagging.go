package synth

import (
	"fmt"
	"strings"
)

// Tagging labels the words of a sentence with who acts, what is done, to whom,
// and when or where; the passive exchanges the places of the first two.
type Tagging struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewTagging returns the defaults: 1,500 rows, shift 0.5.
func NewTagging() *Tagging { return &Tagging{Settings: newSettings(1500), Dial: newDial()} }

// Columns are id, words, tags, domain; words and tags are separated by spaces.
func (c *Tagging) Columns() []string { return []string{"id", "words", "tags", "domain"} }

// Validate checks the ranges of all fields.
func (c *Tagging) Validate() []error { return append(c.Settings.validate(), c.Dial.validate()...) }

// Rows makes the sentences; tags are AGENT, ACTION, PATIENT, SETTING and O.
func (c *Tagging) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "tagging", i)
		domain := pick(d, clauseDomains)
		words, tags := c.sentence(d, domain)
		if !yield([]string{fmt.Sprintf("tagging-%06d", i), words, tags, domain}) {
			return
		}
	}
}

// Text yields legal sentences without tags.
func (c *Tagging) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "tagging/text", i)
		words, _ := c.sentence(d, pick(d, legalDomains))
		if !yield(words) {
			return
		}
	}
}

// A tagged sentence grows piece by piece.
type tagged struct{ words, tags []string }

func (t *tagged) add(tag, text string) {
	for _, w := range strings.Fields(text) {
		t.words = append(t.words, w)
		t.tags = append(t.tags, tag)
	}
}

func (c *Tagging) sentence(d *dice, domain string) (words, tags string) {
	v, legal := (&Clauses{Dial: c.Dial}).voice(d, domain)
	passive := 0.3
	if legal {
		passive += 0.5 * c.syntax()
	}
	var t tagged
	count := 1 + d.below(2)
	for n := range count {
		if n > 0 {
			t.add("O", pick(d, list("and then while before after")))
		}
		t.event(v.event(v.people(2)), d.chance(passive))
	}
	t.add("O", ".")
	return strings.Join(t.words, " "), strings.Join(t.tags, " ")
}

func (t *tagged) event(e event, passive bool) {
	agent, patient := e.agent, e.act.object
	if passive {
		t.add("O", "the")
		t.add("PATIENT", patient)
		t.add("O", "was")
		t.add("ACTION", e.act.verb.participle)
		t.add("O", "by the")
		t.add("AGENT", agent)
	} else {
		t.add("O", "the")
		t.add("AGENT", agent)
		t.add("ACTION", e.act.verb.past)
		t.add("O", "the")
		t.add("PATIENT", patient)
	}
	t.add("SETTING", e.tail)
}
