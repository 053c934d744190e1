package synth

// An event is who did what to whom, or did not.
type event struct {
	agent   string // a noun
	act     action
	negated bool
	tail    string
}

// event draws one between the people given first and others.
func (v *voice) event(people []string) event {
	return event{agent: people[0], act: v.actionOn(people[1]), tail: v.tail()}
}

// actionOn draws an action; if on a person, on that one.
func (v *voice) actionOn(person string) action {
	if v.chance(0.6) {
		return action{draw(v, v.own.toHuman, v.home.toHuman), person, true}
	}
	return action{draw(v, v.own.toThing, v.home.toThing), v.thingNoun(), false}
}

// active: "the baker paid the nurse at noon", "the baker did not pay the nurse".
func (e event) active() string {
	if e.negated {
		return join("the", e.agent, "did not", e.act.verb.base, "the", e.act.object, e.tail)
	}
	return join("the", e.agent, e.act.verb.past, "the", e.act.object, e.tail)
}

// passive: "the nurse was paid by the baker at noon".
func (e event) passive() string {
	was := "was"
	if e.negated {
		was = "was not"
	}
	return join("the", e.act.object, was, e.act.verb.participle, "by the", e.agent, e.tail)
}

// told is either of the two.
func (e event) told(v *voice, passive float64) string {
	if v.chance(passive) {
		return e.passive()
	}
	return e.active()
}

// swapped exchanges who does and who suffers; only between people.
func (e event) swapped() event {
	e.agent, e.act.object = e.act.object, e.agent
	return e
}

func (e event) denied() event {
	e.negated = !e.negated
	return e
}

// bare leaves out place and time.
func (e event) bare() event {
	e.tail = ""
	return e
}

// inOrder tells that first came before second, in one of four ways.
func inOrder(v *voice, first, second string) string {
	switch v.below(4) {
	case 0:
		return join(first, "before", second)
	case 1:
		return join(second, "after", first)
	case 2:
		return join("before", second, ",", first)
	default:
		return join("after", first, ",", second)
	}
}
