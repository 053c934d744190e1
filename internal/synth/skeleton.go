package synth

// A grammar says one of several classes of statement. Sentences combine a
// statement of the label's class with others that do not count; which one counts
// is told by the construction alone.
type grammar struct {
	// say writes a bare statement of the class, without a final stop.
	say func(v *voice, class int, who string) string
	// forms lists, for a class, the kinds of statement that amount to it, which
	// say knows too; nil if each class has just its own.
	forms [][]int
	// denied lists, for a class, the classes of statement whose denial amounts
	// to it; empty where no denial does.
	denied [][]int
	// wraps writes a statement of the class that has another action inside it;
	// nil if the grammar has none.
	wraps   func(v *voice, class int, who string) string
	classes int
}

// Constructions, with the weights of the general language and of a target
// domain at full shift. In all but the plain ones a second statement, of another
// class, stands in the sentence: before or after the one that counts, equally
// often, so that neither the words nor their neighbours tell which it is.
const (
	plain         = iota // one statement
	backgroundAt1        // "while B , A": A counts
	backgroundAt2        // "A , while B": A counts
	earlierAt1           // "at first B , but now A": A counts
	earlierAt2           // "now A , but at first B": A counts
	denial               // "it is not true that B": the opposite of B counts
	wrapped              // "A let B do …": the outer one counts
)

var (
	generalMix = []float64{0.26, 0.17, 0.17, 0.10, 0.10, 0.12, 0.08}
	targetMix  = []float64{0.12, 0.26, 0.18, 0.10, 0.14, 0.12, 0.08}
)

var (
	subordinators = list("while although because whereas")
	formalLinks   = phrases("notwithstanding that; insofar as; provided that; to the extent that")
	earlier       = phrases("at first; until last year; in the old days; before that")
	formalEarlier = phrases("prior to the amendment; under the former terms")
	later         = phrases("now; from now on; today; since then")
	formalLater   = phrases("as of the effective date; under the present terms")
	denials       = phrases("it is not true that; it is false that; it is wrong that")
	formalDenials = phrases("nothing herein provides that; it is denied that")
	preambles     = phrases(`subject to section four; for the purposes of this part; in accordance with clause two;
		save as otherwise agreed; with effect from the date hereof; pursuant to article nine`)
)

// form picks the general or, at the voice's rate, the formal variant.
func (v *voice) form(general, formal []string) string {
	if v.chance(v.formal) {
		return pick(v.dice, formal)
	}
	return pick(v.dice, general)
}

// sentence writes one whose class is the label. Preambles come at the given rate.
func (g *grammar) sentence(v *voice, label int, mix []float64, preamble float64) string {
	kind := v.among(mix)
	if kind == denial && len(g.denied[label]) == 0 || kind == wrapped && g.wraps == nil {
		kind = backgroundAt1 + v.below(2)
	}
	var opening string
	if v.chance(preamble) {
		opening = pick(v.dice, preambles) + " ,"
	}
	who := v.people(2)
	switch kind {
	case plain:
		return join(opening, g.any(v, label, who[0]))
	case denial:
		return join(opening, v.form(denials, formalDenials), g.say(v, pick(v.dice, g.denied[label]), who[0]))
	case wrapped:
		return join(opening, g.wraps(v, label, who[0]))
	}
	other := pickOther(v.dice, indices(g.classes), label)
	counts, not := g.any(v, label, who[0]), g.any(v, other, who[1])
	switch kind {
	case backgroundAt1:
		return join(opening, v.form(subordinators, formalLinks), not, ",", counts)
	case backgroundAt2:
		return join(opening, counts, ",", v.form(subordinators, formalLinks), not)
	case earlierAt1:
		return join(opening, v.form(earlier, formalEarlier), not, ", but", v.form(later, formalLater), counts)
	default:
		return join(opening, v.form(later, formalLater), counts, ", but", v.form(earlier, formalEarlier), not)
	}
}

// any says the class in one of its forms.
func (g *grammar) any(v *voice, class int, who string) string {
	if g.forms != nil {
		class = pick(v.dice, g.forms[class])
	}
	return g.say(v, class, who)
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
