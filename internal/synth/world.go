package synth

// The world of dated facts: who held which office of which town in a year. It is
// the same for every seed, so that what a model read in the general text up to
// lastKnownYear is true in the rows of the facts generator and stops being so.
const (
	worldSeed     = 1
	lastKnownYear = 2001
	towns         = 16
	persons       = 96
	changeRate    = 0.14 // of offices changing hands in a year
)

var (
	offices    = list("mayor judge keeper chief")
	onsets     = list("b br d dr f g gr h k kl l m n p r s st t tr v w z")
	vowels     = list("a e i o u ai ea oa")
	codas      = list("l n r s m nd rt ll ck")
	townEnds   = list("vale ford ton mouth wick haven dale stead")
	townNames  = coin("town", towns, func(d *dice) string { return syllable(d) + pick(d, townEnds) })
	givenNames = coin("given", 32, func(d *dice) string { return syllable(d) + pick(d, list("a o y en is ia")) })
	surnames   = coin("surname", persons, func(d *dice) string { return syllable(d) + syllable(d) })
	fullNames  = pairNames()
	world      = govern()
)

func syllable(d *dice) string { return pick(d, onsets) + pick(d, vowels) + pick(d, codas) }

// coin makes n different names.
func coin(purpose string, n int, word func(*dice) string) []string {
	var out []string
	for d := roll(worldSeed, "name/"+purpose, 0); len(out) < n; {
		if w := word(d); !contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func pairNames() []string {
	d := roll(worldSeed, "name/full", 0)
	out := make([]string, persons)
	for i, s := range surnames {
		out[i] = pick(d, givenNames) + " " + s
	}
	return out
}

// A term is one holder's time in an office.
type office struct {
	town, title string
	holder      [lastYear - firstYear + 1]string
}

func govern() []office {
	var out []office
	for t, town := range townNames {
		for o, title := range offices {
			d := roll(worldSeed, "office/"+town+"/"+title, t*len(offices)+o)
			post := office{town: town, title: title}
			who := pick(d, fullNames)
			for y := range post.holder {
				if y > 0 && d.chance(changeRate) {
					who = pickOther(d, fullNames, who)
				}
				post.holder[y] = who
			}
			out = append(out, post)
		}
	}
	return out
}

// in returns who held the office in a year.
func (o office) in(year int) string { return o.holder[year-firstYear] }
