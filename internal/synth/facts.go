package synth

import (
	"fmt"
	"strconv"
)

// Facts are claims about who holds an office, true or false in the row's year,
// which is a column and not in the text. A false claim names somebody who held
// the office in another year or holds another one, so that the names alone tell
// nothing. What was true grows false with the years.
//
// A fact is told in many wordings and no row has the text of another, so that a
// split keeps wordings apart and not facts: what was learnt is asked again in other
// words. The fewer posts the claims are about, the oftener each fact is told.
type Facts struct {
	Settings `hcl:",inline"`
	Posts    int `hcl:"posts,optional" doc:"how many of the 64 offices of the world the claims are about; the fewer, the oftener each fact is told, in other words" unit:"offices"`
}

// factsGrammar is the version of the claims' wordings.
const factsGrammar = 2

// NewFacts returns the default: 3,000 rows about all offices.
func NewFacts() *Facts {
	f := &Facts{newSettings(3000), len(world)}
	f.Grammar = factsGrammar
	return f
}

var truthNames = []string{"true", "false"}

// Columns are id, claim, truth, town, year.
func (c *Facts) Columns() []string { return []string{"id", "claim", "truth", "town", "year"} }

// Validate checks the ranges of all fields.
func (c *Facts) Validate() []error {
	errs := c.Settings.validate()
	if c.Posts < 2 || c.Posts > len(world) {
		errs = append(errs, &FieldError{"posts", fmt.Sprintf("%d is not between 2 and %d", c.Posts, len(world))})
	}
	return errs
}

// newWordTries bounds the search for a text that no row before has. Only where
// nearly all wordings are used up, beyond some 10,000 rows about 16 posts, is it in
// vain, and a text comes twice.
const newWordTries = 50

// Rows makes the claims; truth is true or false, year 1990 to 2015.
func (c *Facts) Rows(yield func(values []string) bool) {
	told := map[string]bool{}
	for i := range c.Count {
		d := roll(c.Seed, "facts", i)
		label, year := d.below(2), 0
		var post office
		var text string
		for range newWordTries {
			post, year = pick(d, world[:c.Posts]), firstYear+d.below(lastYear-firstYear+1)
			name := post.in(year)
			if truthNames[label] == "false" {
				name = post.impostor(d, year, world[:c.Posts])
			}
			if text = post.reworded(d, name); !told[text] {
				break
			}
		}
		told[text] = true
		row := []string{fmt.Sprintf("facts-%06d", i), text, truthNames[label], post.town, strconv.Itoa(year)}
		if !yield(row) {
			return
		}
	}
}

// Text yields what was so in the years after the general text ends.
func (c *Facts) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "facts/text", i)
		year := lastKnownYear + 1 + d.below(lastYear-lastKnownYear)
		if !yield(chronicle(d, year)) {
			return
		}
	}
}

// impostor names one who does not hold the office in that year: a past or later
// holder if the coin falls so and there is one, else the holder of another of the
// posts.
func (o office) impostor(d *dice, year int, posts []office) string {
	right := o.in(year)
	if d.chance(0.5) {
		for range 8 {
			if name := pick(d, o.holder[:]); name != right {
				return name
			}
		}
	}
	for {
		if name := pick(d, posts).in(year); name != right {
			return name
		}
	}
}

// claim says who holds the office, as the general text does.
func (o office) claim(d *dice, name string) string {
	switch d.below(3) {
	case 0:
		return join("the", o.title, "of", o.town, "is", name, ".")
	case 1:
		return join(name, "is the", o.title, "of", o.town, ".")
	default:
		return join("in", o.town, ", the", o.title, "is", name, ".")
	}
}

// Openings and endings of a claim. An opening has three words or more or none, an ending two or
// three or none, so that two wordings of a fact share less than four in five runs of three
// words: they are no near duplicates.
var (
	claimOpenings = []string{"", "they say that", "everybody knows that", "it is told that", "we read that", "in short ,", "this much is known :"}
	claimEndings  = []string{"", "at present", ", they say", ", we hear", "in these days"}
)

// reworded says who holds the office in one of 245 ways.
func (o office) reworded(d *dice, name string) string {
	var core string
	switch d.below(7) {
	case 0:
		core = join("the", o.title, "of", o.town, "is", name)
	case 1:
		core = join(name, "is the", o.title, "of", o.town)
	case 2:
		core = join("in", o.town, ", the", o.title, "is", name)
	case 3:
		core = join(o.town, "has", name, "as its", o.title)
	case 4:
		core = join("the", o.title, "in", o.town, "is called", name)
	case 5:
		core = join("as", o.title, ",", o.town, "has", name)
	default:
		core = join("it is", name, "who is", o.title, "of", o.town)
	}
	return join(pick(d, claimOpenings), core, pick(d, claimEndings), ".")
}

// chronicle tells two facts of one year.
func chronicle(d *dice, year int) string {
	var parts []string
	for range 2 {
		post := pick(d, world)
		parts = append(parts, join("in", strconv.Itoa(year), ",", post.claim(d, post.in(year))))
	}
	return join(parts...)
}
