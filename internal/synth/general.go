package synth

import "fmt"

// General is the language to pretrain on. Its documents are norms, pairs of
// sentences, dated facts up to 2001, findings and small stories; most end in a
// remark that names the class of what was said, in the slots that prompts use.
type General struct {
	Settings `hcl:",inline"`
}

// NewGeneral returns the default: 40,000 documents, about a million words.
func NewGeneral() *General { return &General{Settings{Count: 40000}} }

// Columns are id and text.
func (g *General) Columns() []string { return []string{"id", "text"} }

// Validate checks the ranges of all fields.
func (g *General) Validate() []error { return g.Settings.validate() }

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
	for i := 0; ; i++ {
		if !yield(g.document(roll(g.Seed, "general", i))) {
			return
		}
	}
}

// Kinds of documents and their shares.
var documentShares = []float64{
	0.46, // norms
	0.26, // questions
	0.08, // facts
	0.08, // findings
	0.12, // story
}

func (g *General) document(d *dice) string {
	v := generalVoice(d, pick(d, generalDomains))
	switch d.among(documentShares) {
	case 0:
		v.recent = 0.03
		return normDocument(v)
	case 1:
		return questionDocument(v)
	case 2:
		return chronicle(d, firstYear+d.below(lastKnownYear-firstYear+1))
	case 3:
		return findingDocument(healthVoice(d))
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

// normDocument has two norms, each with its remark. The classes are even here:
// the general text is no hint of a task's proportions.
func normDocument(v *voice) string {
	var parts []string
	for range 2 {
		class := v.below(len(normWords))
		parts = append(parts, norms.sentence(v, class, generalMix, 0.03), ".", remark(v, normWords[class]))
	}
	return join(parts...)
}

// questionDocument has two pairs: "premise ? yes , hypothesis ."
func questionDocument(v *voice) string {
	var parts []string
	for range 2 {
		answer, follows := "no", v.chance(0.5)
		if follows {
			answer = "yes"
		}
		premise, hypothesis := v.pair(v.among(generalPairs), follows)
		parts = append(parts, premise, "?", answer, ",", hypothesis, ".")
	}
	return join(parts...)
}

// findingDocument has two findings and says of each whether it is there.
func findingDocument(v *voice) string {
	var parts []string
	for range 2 {
		class := v.below(len(findingNames))
		parts = append(parts, findings.sentence(v, class, generalMix, 0), ". in short , it is", findingNames[class], ".")
	}
	return join(parts...)
}

// story follows three people through four sentences.
func story(v *voice) string {
	people := v.people(3)
	opening := join("there was", article(people[0]), v.place(), ".")
	first, second := v.event(people[:2]), v.event(people[1:])
	third := event{agent: people[2], act: v.actionOn(people[0]), tail: v.tail()}
	return join(opening, first.active(), ". then", second.told(v, 0.3), ". so", third.told(v, 0.3), ".",
		v.phrase(people[0]), "was", pick(v.dice, v.home.quality), "and", pick(v.dice, v.home.quality), ".")
}
