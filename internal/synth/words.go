package synth

import "strings"

// A verb in the four forms the grammar uses.
type verb struct{ base, past, participle, gerund string }

// A lexicon is the word stock of one domain.
type lexicon struct {
	people  []string // who acts
	things  []string // what is acted on
	toThing []verb   // verbs with a thing as object
	toHuman []verb   // verbs with a person as object
	places  []string // adverbial phrases of place
	times   []string // adverbial phrases of time
	manner  []string // adverbs before the verb
	quality []string // adjectives
}

// list splits words at white space.
func list(text string) []string { return strings.Fields(text) }

// phrases splits at semicolons; an empty text has none.
func phrases(text string) []string {
	var out []string
	for _, p := range strings.Split(text, ";") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// verbs reads a list whose items are "base" (regular) or "base/past/participle".
func verbs(text string) []verb {
	var out []verb
	for _, item := range strings.Fields(text) {
		forms := strings.Split(item, "/")
		v := verb{base: forms[0], past: pastOf(forms[0]), gerund: gerundOf(forms[0])}
		v.participle = v.past
		if len(forms) == 3 {
			v.past, v.participle = forms[1], forms[2]
		}
		out = append(out, v)
	}
	return out
}

// doubled are the verbs whose last consonant is doubled before an ending.
var doubled = map[string]bool{
	"stop": true, "wrap": true, "drop": true, "plan": true, "ban": true, "hug": true, "stir": true, "pin": true,
	"trim": true, "remit": true, "permit": true, "transfer": true, "scan": true, "cut": true, "get": true, "let": true,
	"hit": true, "grip": true, "map": true, "tag": true, "log": true, "drag": true, "slip": true, "rub": true, "strip": true,
	"hem": true, "put": true, "dip": true, "submit": true, "forget": true, "commit": true, "bar": true, "nod": true,
}

func pastOf(base string) string {
	n := len(base)
	switch {
	case base[n-1] == 'e':
		return base + "d"
	case base[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(base[n-2])):
		return base[:n-1] + "ied"
	case doubled[base]:
		return base + base[n-1:] + "ed"
	}
	return base + "ed"
}

func gerundOf(base string) string {
	n := len(base)
	switch {
	case base[n-1] == 'e' && base[n-2] != 'e' && base[n-2] != 'y':
		return base[:n-1] + "ing"
	case doubled[base]:
		return base + base[n-1:] + "ing"
	}
	return base + "ing"
}

// article puts "a" or "an" before a word.
func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// common is the general domain's stock.
var common = lexicon{
	people: list(`baker nurse clerk driver teacher farmer painter tailor plumber cook waiter gardener singer barber
		sailor pilot guard janitor porter cashier butcher miller weaver carpenter mason fisher hunter jeweler printer
		potter dancer actor writer student neighbor visitor traveler coach referee swimmer runner cyclist grocer florist
		librarian builder welder electrician mechanic cleaner courier postman usher juggler magician drummer violinist
		sculptor shepherd beekeeper brewer innkeeper host guest cousin uncle aunt grandfather widow orphan child`),
	things: list(`gate room house garden fence wall window table chair lamp bottle basket box bag coat hat shoe ring clock
		letter book map picture mirror carpet blanket pillow kettle pan spoon knife plate bowl cup candle rope ladder
		hammer bucket shovel wheel cart boat bridge tower barn shed stable well field orchard tree flower apple cheese
		loaf cake soup fish wagon truck bicycle engine pump pipe roof floor door key lock drawer shelf desk pencil
		ticket parcel poster flag drum violin piano curtain statue fountain bench oven stove tent camera radio kite
		ball net saddle lantern barrel sack`),
	toThing: verbs(`open close sell/sold/sold buy/bought/bought move clean paint repair check carry store bring/brought/brought
		lock count weigh hide/hid/hidden lift show/showed/shown break/broke/broken drop burn fill empty wash polish wrap
		draw/drew/drawn build/built/built sketch measure copy fold pack load unload borrow lend/lent/lent keep/kept/kept
		throw/threw/thrown find/found/found lose/lost/lost steal/stole/stolen leave/left/left return collect share trade
		inspect cover decorate test tie touch watch replace order use guard`),
	toHuman: verbs(`pay/paid/paid help call visit thank warn follow meet/met/met hire praise blame guide teach/taught/taught
		invite trust greet push see/saw/seen hear/heard/heard answer join thank feed/fed/fed tell/told/told ask miss
		admire tease scold chase stop rescue accuse forgive/forgave/forgiven ignore interrupt comfort`),
	places: phrases(`in the kitchen; at the market; near the river; in the village; at the station; behind the church;
		on the hill; in the harbor; at the school; near the mill; in the square; under the bridge; at the inn;
		in the valley; on the farm; by the lake; in the workshop; at the fair; in the library; near the forest;
		in the cellar; on the ferry; at the museum; in the theater; by the road`),
	times: phrases(`in the morning; at night; on monday; on tuesday; on wednesday; on thursday; on friday; on saturday;
		on sunday; in spring; in summer; in autumn; in winter; after lunch; before dinner; at noon; at dawn;
		every day; every week; this year; last week; last month`),
	manner: list(`quickly slowly often always quietly carefully gladly rarely soon again later together alone promptly
		openly silently simply usually kindly`),
	quality: list(`old new small large heavy light red blue green yellow white black broken clean dirty wooden golden
		round narrow wide tall short cheap rare plain bright dark warm cold soft hard empty full famous quiet loud young
		tired happy busy careful clever honest lazy brave gentle proud`),
}

// webWords and newsWords tell the two general domains apart.
var (
	newsWords = lexicon{
		people: list(`mayor reporter minister senator officer firefighter witness spokesman councilor voter delegate envoy
			striker goalkeeper champion economist banker protester organizer governor`),
		things: list(`stadium budget ballot factory highway airport tunnel headline shelter monument cinema market hospital
			record treaty speech vote warehouse`),
		toThing: verbs("launch close announce defend approve visit reopen fund block plan"),
		toHuman: verbs("question elect defeat support quote criticize appoint replace"),
	}
	webWords = lexicon{
		people: list(`user member seller buyer blogger gamer reviewer moderator sender follower subscriber designer editor
			developer streamer shopper tester admin poster fan`),
		things: list(`page account password photo video message profile folder link button screen laptop phone tablet
			keyboard cart playlist comment`),
		toThing: verbs("upload delete post update scan download print tag install rename"),
		toHuman: verbs("message block rate tag email contact mention review"),
	}
)
