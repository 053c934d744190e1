package synth

// Classes of norms. An exemption is a permission whose denial is an obligation.
const (
	obligation = iota
	permission
	prohibition
	exemption
)

// normNames are the labels of clauses, normWords what the general text calls them.
var (
	normNames = []string{"obligation", "permission", "prohibition"}
	normWords = []string{"duty", "permission", "ban"}
)

// A modal phrase binds or frees its subject.
type modal struct {
	text    string
	gerund  bool // followed by -ing; else by the base form
	passive bool // "the rent <text> be paid by …" is good English
}

func modals(passive, plain, gerund string) []modal {
	var out []modal
	for _, t := range phrases(passive) {
		out = append(out, modal{text: t, passive: true})
	}
	for _, t := range phrases(plain) {
		out = append(out, modal{text: t})
	}
	for _, t := range phrases(gerund) {
		out = append(out, modal{text: t, gerund: true})
	}
	return out
}

var (
	generalModals = [][]modal{
		obligation:  modals("must; has to; needs to", "is bound to; is required to; is told to", ""),
		permission:  modals("may; can", "is free to; is allowed to; is welcome to", ""),
		prohibition: modals("must not; may not; cannot", "is not allowed to; is not free to", "is barred from"),
		exemption:   modals("need not; does not have to", "is not bound to; is not required to", ""),
	}
	formalModals = [][]modal{
		obligation:  modals("shall", "is obliged to; undertakes to; agrees to", "is liable for"),
		permission:  modals("may lawfully", "is entitled to; is at liberty to; reserves the right to", ""),
		prohibition: modals("shall not", "is not entitled to; shall in no event", "is precluded from; shall refrain from"),
		exemption:   modals("shall not be required to", "is not obliged to; is under no obligation to", "is excused from"),
	}
	recentModals = [][]modal{
		obligation:  modals("", "is expected to; is tasked to", "is down for"),
		permission:  modals("", "is cleared to; is good to", "is fine with"),
		prohibition: modals("", "is expected not to; is asked not to", "is off limits for"),
		exemption:   modals("", "is not expected to; is not tasked to", ""),
	}
)

func (v *voice) modal(class int) modal {
	switch {
	case v.recent > 0 && v.chance(v.recent):
		return pick(v.dice, recentModals[class])
	case v.chance(v.formal):
		return pick(v.dice, formalModals[class])
	}
	return pick(v.dice, generalModals[class])
}

// norms says who must, may or must not do what.
var norms = &grammar{
	say:     sayNorm,
	forms:   [][]int{obligation: {obligation}, permission: {permission, permission, exemption}, prohibition: {prohibition}},
	denied:  [][]int{obligation: {exemption}, permission: {obligation, prohibition}, prohibition: {permission}},
	wraps:   wrapNorm,
	classes: 3,
}

// sayNorm: "the tenant must pay the baker at noon", or passive.
func sayNorm(v *voice, class int, who string) string {
	m, act := v.modal(class), v.action(who)
	object := v.phrase(act.object)
	if m.passive && v.chance(0.25) {
		return join(object, m.text, "be", act.verb.participle, "by", v.phrase(who), v.tail())
	}
	return join(v.phrase(who), m.text, m.verb(act.verb), object, v.tail())
}

func (m modal) verb(w verb) string {
	if m.gerund {
		return w.gerund
	}
	return w.base
}

// wrapNorm: "the owner must let the tenant use the room"; the outer norm counts.
func wrapNorm(v *voice, class int, who string) string {
	m := v.modal(class)
	whom := v.personNoun()
	for whom == who {
		whom = v.personNoun()
	}
	act := v.action(who, whom)
	subject, object, done := v.phrase(who), v.phrase(whom), v.phrase(act.object)
	switch v.below(3) {
	case 0:
		return join(subject, m.text, m.verb(verb{base: "let", gerund: "letting"}), object, act.verb.base, done, v.tail())
	case 1:
		return join(subject, m.text, m.verb(verb{base: "make", gerund: "making"}), object, act.verb.base, done, v.tail())
	default:
		return join(subject, m.text, m.verb(verb{base: "keep", gerund: "keeping"}), object, "from", act.verb.gerund, done, v.tail())
	}
}
