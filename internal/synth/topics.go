package synth

import (
	"fmt"
	"strings"
)

// Topics are short reports that talk about some subjects and say of others that
// they were left out; only the former are labels.
type Topics struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewTopics returns the defaults: 1,500 rows, shift 0.5.
func NewTopics() *Topics { return &Topics{Settings: newSettings(1500), Dial: newDial()} }

var (
	topicNames = []string{"health", "law", "money", "sport", "weather"}
	topicWords = [][]string{
		list("fever cough rash infection headache allergy surgery diet medicine"),
		list("trial verdict lawsuit sentence appeal evidence statute oath warrant"),
		list("loan tax wage price debt profit salary budget pension"),
		list("match goal race tournament league trophy relay sprint coach"),
		list("storm rain frost drought fog thunder hail flood blizzard"),
	}
	spoke    = phrases("talked about; wrote about; asked about; heard about; argued about")
	leftOut  = phrases("but not about; and never about; rather than about")
	didNot   = phrases("did not talk about; did not write about; did not ask about; never spoke about")
	topicMix = []float64{0.4, 0.35, 0.25} // one, two, three labels
)

// Columns are id, report, topics, domain; topics are separated by spaces.
func (c *Topics) Columns() []string { return []string{"id", "report", "topics", "domain"} }

// Validate checks the ranges of all fields.
func (c *Topics) Validate() []error { return append(c.Settings.validate(), c.Dial.validate()...) }

// Rows makes the reports; each has one to three of the five topics.
func (c *Topics) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "topics", i)
		domain := pick(d, clauseDomains)
		text, labels := c.report(d, domain)
		if !yield([]string{fmt.Sprintf("topics-%06d", i), text, strings.Join(labels, " "), domain}) {
			return
		}
	}
}

// Text yields reports of the legal domains.
func (c *Topics) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "topics/text", i)
		text, _ := c.report(d, pick(d, legalDomains))
		if !yield(text) {
			return
		}
	}
}

func (c *Topics) report(d *dice, domain string) (text string, labels []string) {
	v, legal := (&Clauses{Dial: c.Dial}).voice(d, domain)
	order := indices(len(topicNames))
	d.shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	count := 1 + d.among(topicMix)
	var parts []string
	for n, topic := range order[:count] {
		who, word := v.phrase(v.personNoun()), pick(d, topicWords[topic])
		not := order[count+(n+d.below(2))%(len(order)-count)]
		other := pick(d, topicWords[not])
		switch {
		case d.chance(0.4):
			parts = append(parts, join(who, pick(d, spoke), "the", word, pick(d, leftOut), "the", other, v.tail(), "."))
		case d.chance(0.3 + 0.4*legalSyntax(c.Dial, legal)):
			parts = append(parts, join(who, pick(d, didNot), "the", other, "but", pick(d, spoke), "the", word, "."))
		default:
			parts = append(parts, join(who, pick(d, spoke), "the", word, v.tail(), "."))
		}
	}
	for topic, name := range topicNames {
		if indexOf(order[:count], topic) >= 0 {
			labels = append(labels, name)
		}
	}
	return join(parts...), labels
}

func legalSyntax(d Dial, legal bool) float64 {
	if legal {
		return d.syntax()
	}
	return 0
}

func indexOf(list []int, v int) int {
	for i, x := range list {
		if x == v {
			return i
		}
	}
	return -1
}
