package synth

import (
	"fmt"
	"strconv"
)

// Facts are claims about who holds an office, true or false in the row's year,
// which is a column and not in the text. A false claim names somebody who held
// the office in another year or holds another one, so that the names alone tell
// nothing. What was true grows false with the years.
type Facts struct {
	Settings `hcl:",inline"`
}

// NewFacts returns the default: 3,000 rows.
func NewFacts() *Facts { return &Facts{newSettings(3000)} }

var truthNames = []string{"true", "false"}

// Columns are id, claim, truth, town, year.
func (c *Facts) Columns() []string { return []string{"id", "claim", "truth", "town", "year"} }

// Validate checks the ranges of all fields.
func (c *Facts) Validate() []error { return c.Settings.validate() }

// Rows makes the claims; truth is true or false, year 1990 to 2015.
func (c *Facts) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "facts", i)
		post, year := pick(d, world), firstYear+d.below(lastYear-firstYear+1)
		label, name := 0, post.in(year)
		if d.chance(0.5) {
			label, name = 1, post.impostor(d, year)
		}
		row := []string{fmt.Sprintf("facts-%06d", i), post.claim(d, name), truthNames[label], post.town, strconv.Itoa(year)}
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
// holder if the coin falls so and there is one, else the holder of another office.
func (o office) impostor(d *dice, year int) string {
	right := o.in(year)
	if d.chance(0.5) {
		for range 8 {
			if name := pick(d, o.holder[:]); name != right {
				return name
			}
		}
	}
	for {
		if name := pick(d, world).in(year); name != right {
			return name
		}
	}
}

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

// chronicle tells two facts of one year.
func chronicle(d *dice, year int) string {
	var parts []string
	for range 2 {
		post := pick(d, world)
		parts = append(parts, join("in", strconv.Itoa(year), ",", post.claim(d, post.in(year))))
	}
	return join(parts...)
}
