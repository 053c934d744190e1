package synth

// A voice speaks with the words of one domain: its own for a share of the
// content words, the home stock for the rest.
type voice struct {
	*dice
	home  lexicon
	own   lexicon
	share float64 // of content words taken from own
	// whole is the stock that a target domain moves away from: home and own.
	whole *lexicon
	// formal is the share of modal phrases, conjunctions and the like in the
	// domain's own form.
	formal float64
	// recent is the share of words and phrases that came up late.
	recent float64
	// adverb is how often an adverb or a place is added.
	adverb float64
}

// generalShare is how much of what news and web say is their own.
const generalShare = 0.25

// general domains and the stock each adds to the common one.
var (
	generalDomains = []string{"news", "web"}
	newsStock      = merge(common, newsWords)
	webStock       = merge(common, webWords)
)

func generalVoice(d *dice, domain string) *voice {
	own, whole := newsWords, &newsStock
	if domain == "web" {
		own, whole = webWords, &webStock
	}
	return &voice{dice: d, home: common, own: own, share: generalShare, whole: whole, formal: 0.08, adverb: 0.35}
}

// draw takes from own with the voice's share, else from home.
func draw[T any](v *voice, own, home []T) T {
	if len(own) > 0 && v.chance(v.share) {
		return skewed(v.dice, own)
	}
	return skewed(v.dice, home)
}

// The names of things that came up after the general text was written.
var recentThings = list("drone robot scooter app router sensor server charger battery touchscreen")

func (v *voice) personNoun() string { return draw(v, v.own.people, v.home.people) }

func (v *voice) thingNoun() string {
	if v.recent > 0 && v.chance(v.recent) {
		return pick(v.dice, recentThings)
	}
	return draw(v, v.own.things, v.home.things)
}

// phrase puts "the" and sometimes an adjective before a noun.
func (v *voice) phrase(noun string) string {
	if v.chance(0.15) {
		return "the " + draw(v, v.own.quality, v.home.quality) + " " + noun
	}
	return "the " + noun
}

func (v *voice) place() string { return draw(v, v.own.places, v.home.places) }
func (v *voice) time() string  { return draw(v, v.own.times, v.home.times) }

// tail is an optional closing adverbial.
func (v *voice) tail() string {
	switch {
	case v.chance(v.adverb):
		return v.place()
	case v.chance(v.adverb):
		return v.time()
	}
	return ""
}

// An action is a verb with its object, not yet bound to who does it.
type action struct {
	verb   verb
	object string // a noun
	human  bool   // the object is a person
}

// action draws what is done; people are acted on in about a third.
func (v *voice) action(notTo ...string) action {
	if v.chance(0.35) {
		noun := v.personNoun()
		for contains(notTo, noun) {
			noun = v.personNoun()
		}
		return action{draw(v, v.own.toHuman, v.home.toHuman), noun, true}
	}
	return action{draw(v, v.own.toThing, v.home.toThing), v.thingNoun(), false}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// people draws n different person nouns.
func (v *voice) people(n int) []string {
	var out []string
	for len(out) < n {
		if p := v.personNoun(); !contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
