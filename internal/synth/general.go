package synth

import (
	"fmt"
	"slices"
)

// General is the language to pretrain on. Its documents are short: a norm, a pair of
// sentences, dated facts up to 2001, a finding or a small story; most end in a
// remark that names the class of what was said, in the slots that prompts use.
type General struct {
	Settings  `hcl:",inline"`
	Questions float64 `hcl:"questions,optional" doc:"share of documents that are a question with its answer; kinds without an attribute share the rest as ever" unit:"0 to 1"`
	Facts     float64 `hcl:"facts,optional" doc:"share of documents that tell dated facts" unit:"0 to 1"`
}

// NewGeneral returns the default: 60,000 documents, about 1.3 million words.
func NewGeneral() *General {
	return &General{newSettings(60000), documentShares[questions], documentShares[facts]}
}

// Columns are id and text.
func (g *General) Columns() []string { return []string{"id", "text"} }

// Validate checks the ranges of all fields.
func (g *General) Validate() []error {
	errs := append(g.Settings.validate(), checkShare("questions", g.Questions, false)...)
	errs = append(errs, checkShare("facts", g.Facts, false)...)
	if len(errs) == 0 && g.Questions+g.Facts > 1 {
		errs = append(errs, &FieldError{"facts", fmt.Sprintf("%g and the questions' %g are more than all documents", g.Facts, g.Questions)})
	}
	return errs
}

// Rows yields the first documents with ids.
func (g *General) Rows(yield func(values []string) bool) {
	i := 0
	g.Text(func(document string) bool {
		if i >= g.Count || !yield([]string{fmt.Sprintf("general-%06d", i), document}) {
			return false
		}
		i++
		return i < g.Count
	})
}

// Text yields documents without end.
func (g *General) Text(yield func(document string) bool) {
	shares := g.shares()
	for i := 0; ; i++ {
		if !yield(document(roll(g.Seed, "general", i), shares)) {
			return
		}
	}
}

// Kinds of documents and their shares.
var documentShares = []float64{
	0.50, // norms
	0.32, // questions
	0.06, // facts
	0.06, // findings
	0.06, // story
}

// Places of the kinds whose shares can be set.
const (
	questions = 1
	facts     = 2
)

// shares are the documents' shares with as many questions and facts as asked for.
func (g *General) shares() []float64 {
	list := slices.Clone(documentShares)
	for k := range list {
		list[k] *= (1 - g.Questions - g.Facts) / (1 - documentShares[questions] - documentShares[facts])
	}
	list[questions], list[facts] = g.Questions, g.Facts
	return list
}

// General text touches on the special domains: a share of its documents takes some
// words from them, so that a model has seen most, though seldom.
const (
	touchedShare = 0.15
	touch        = 0.4
)

func document(d *dice, shares []float64) string {
	v, health := generalVoice(d, pick(d, generalDomains)), healthVoice(d)
	if d.chance(touchedShare) {
		v = v.moved(pick(d, []lexicon{contracts, statutes}), touch, 0)
		health = health.moved(pick(d, []lexicon{clinic, ward}), touch, 0)
	}
	switch d.among(shares) {
	case 0:
		v.recent = 0.03
		return normDocument(v)
	case 1:
		return questionDocument(v)
	case 2:
		return chronicle(d, firstYear+d.below(lastKnownYear-firstYear+1))
	case 3:
		return findingDocument(health)
	default:
		return story(v)
	}
}

// remark closes a statement with the word for its class.
func remark(v *voice, word string) string {
	switch v.below(10) {
	case 0:
		return join("so it is", article(word), ".")
	case 1:
		return join("that is", article(word), ".")
	case 2:
		return join("we call this", article(word), ".")
	default:
		return join("in short , this is", article(word), ".")
	}
}

// textMix has more plain statements than the tasks: from them a model learns what
// the phrases mean before it has to tell which of two counts.
var textMix = []float64{0.45, 0.12, 0.12, 0.07, 0.07, 0.10, 0.07}

// normDocument has a norm and its remark. The classes are even here: the general
// text is no hint of a task's proportions.
func normDocument(v *voice) string {
	class := v.below(len(normWords))
	return join(norms.sentence(v, class, textMix, 0.03), ".", remark(v, normWords[class]))
}

// questionDocument is a pair: "premise ? yes , hypothesis ."
func questionDocument(v *voice) string {
	answer, follows := "no", v.chance(0.5)
	if follows {
		answer = "yes"
	}
	premise, hypothesis := v.pair(v.among(generalPairs), follows)
	return join(premise, "?", answer, ",", hypothesis, ".")
}

// findingDocument says of a finding whether it is there.
func findingDocument(v *voice) string {
	class := v.below(len(findingNames))
	return join(findings.sentence(v, class, textMix, 0), ". in short , it is", findingNames[class], ".")
}

// story follows three people through two events.
func story(v *voice) string {
	people := v.people(3)
	first, second := v.event(people[:2]), event{agent: people[2], act: v.actionOn(people[0]), tail: v.tail()}
	return join(first.active(), ". then", second.told(v, 0.3), ".", v.phrase(people[0]), "was", draw(v, v.own.quality, v.home.quality), ".")
}
