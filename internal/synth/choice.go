package synth

import "fmt"

// Choice asks who did or suffered something in a short scene, with four people
// to choose from, all of whom are in it.
type Choice struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewChoice returns the defaults: 1,500 rows, shift 0.5.
func NewChoice() *Choice { return &Choice{Settings: newSettings(1500), Dial: newDial()} }

// Columns are id, scene, question, four choices a to d, answer, domain.
func (c *Choice) Columns() []string {
	return []string{"id", "scene", "question", "a", "b", "c", "d", "answer", "domain"}
}

// Validate checks the ranges of all fields.
func (c *Choice) Validate() []error { return append(c.Settings.validate(), c.Dial.validate()...) }

// Rows makes the questions; answer is the letter of the right choice.
func (c *Choice) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "choice", i)
		domain := pick(d, clauseDomains)
		v, legal := (&Clauses{Dial: c.Dial}).voice(d, domain)
		scene, question, people, right := v.quiz(0.3 + 0.4*legalSyntax(c.Dial, legal))
		order := indices(len(people))
		d.shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		row := []string{fmt.Sprintf("choice-%06d", i), scene, question}
		for _, p := range order {
			row = append(row, "the "+people[p])
		}
		row = append(row, string(rune('a'+indexOf(order, right))), domain)
		if !yield(row) {
			return
		}
	}
}

// Text yields scenes of the legal domains.
func (c *Choice) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "choice/text", i)
		v, _ := (&Clauses{Dial: c.Dial}).voice(d, pick(d, legalDomains))
		scene, _, _, _ := v.quiz(0.5)
		if !yield(scene) {
			return
		}
	}
}

// quiz tells two events among four people and asks for one of them.
func (v *voice) quiz(passive float64) (scene, question string, people []string, right int) {
	people = v.people(4)
	first := event{agent: people[0], act: action{draw(v, v.own.toHuman, v.home.toHuman), people[1], true}, tail: v.tail()}
	second := event{agent: people[2], act: action{pickOther(v.dice, v.home.toHuman, first.act.verb), people[3], true}}
	scene = join(first.told(v, passive), ", and", second.told(v, passive), ".")
	asked, base := first, 0
	if v.chance(0.5) {
		asked, base = second, 2
	}
	switch v.below(3) {
	case 0:
		return scene, join("who was", asked.act.verb.participle, "?"), people, base + 1
	case 1:
		return scene, join("who", asked.act.verb.past, "the", asked.act.object, "?"), people, base
	default:
		return scene, join("who", asked.act.verb.past, "somebody ?"), people, base
	}
}
