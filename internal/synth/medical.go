package synth

import "fmt"

// Classes of findings.
const (
	present = iota
	absent
	possible
)

var findingNames = []string{"present", "absent", "possible"}

// Medical sentences say that a finding is present, absent or possible: as people
// write in a "forum" or a "leaflet", and as notes of a "clinic" or a "ward" do.
type Medical struct {
	Settings `hcl:",inline"`
	Dial     `hcl:",inline"`
}

// NewMedical returns the defaults: 2,000 rows, shift 0.5.
func NewMedical() *Medical { return &Medical{Settings: newSettings(2000), Dial: newDial()} }

var (
	healthDomains  = []string{"forum", "leaflet"}
	medicalDomains = []string{"clinic", "ward"}
	noteDomains    = append(append([]string(nil), healthDomains...), medicalDomains...)
	findingPrior   = []float64{0.50, 0.30, 0.20}
	notesPrior     = []float64{0.30, 0.50, 0.20}
)

// Phrases between the person and the finding.
var (
	findingPhrases = [][]string{
		present:  phrases("has; suffers from; came with; complains of; feels"),
		absent:   phrases("has no; is free of; never had; does not have; is rid of"),
		possible: phrases("may have; might have; could have; perhaps has"),
	}
	notePhrases = [][]string{
		present:  phrases("exhibits; presents with; endorses; demonstrates"),
		absent:   phrases("denies; is negative for; shows no evidence of; is without"),
		possible: phrases("is suspected of; is being worked up for; cannot exclude"),
	}
)

var findings = &grammar{
	say: func(v *voice, class int, who string) string {
		return join(v.phrase(who), v.form(findingPhrases[class], notePhrases[class]), v.finding())
	},
	denied:  [][]int{present: {absent}, absent: {present, possible}, possible: {}},
	classes: 3,
}

func (v *voice) finding() string { return join(v.thingNoun(), v.tail()) }

// Columns are id, note, status, domain.
func (c *Medical) Columns() []string { return []string{"id", "note", "status", "domain"} }

// Validate checks the ranges of all fields.
func (c *Medical) Validate() []error { return append(c.Settings.validate(), c.Dial.validate()...) }

// Rows makes the notes; status is present, absent or possible.
func (c *Medical) Rows(yield func(values []string) bool) {
	for i := range c.Count {
		d := roll(c.Seed, "medical", i)
		domain := pick(d, noteDomains)
		text, label := c.note(d, domain)
		if !yield([]string{fmt.Sprintf("medical-%06d", i), text, findingNames[label], domain}) {
			return
		}
	}
}

// Text yields notes of clinic and ward, two sentences each.
func (c *Medical) Text(yield func(document string) bool) {
	for i := 0; ; i++ {
		d := roll(c.Seed, "medical/text", i)
		domain := pick(d, medicalDomains)
		first, _ := c.note(d, domain)
		second, _ := c.note(d, domain)
		if !yield(join(first, second)) {
			return
		}
	}
}

var healthStock = merge(ailments, lexicon{quality: common.quality})

func healthVoice(d *dice) *voice {
	return &voice{dice: d, home: healthStock, whole: &healthStock, formal: 0.08, adverb: 0.35}
}

func (c *Medical) note(d *dice, domain string) (text string, label int) {
	v, mix, prior := healthVoice(d), generalMix, findingPrior
	if own, ok := map[string]lexicon{"clinic": clinic, "ward": ward}[domain]; ok {
		v = v.moved(own, c.vocabulary(), c.syntax())
		mix, prior = blend(mix, targetMix, c.syntax()), blend(prior, notesPrior, c.prior())
	}
	label = d.among(prior)
	return findings.sentence(v, label, mix, 0) + " .", label
}
