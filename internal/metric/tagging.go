package metric

import (
	"fmt"
	"strings"
)

// Entity is a tagged stretch of tokens From ≤ i < To.
type Entity struct {
	Type     string
	From, To int
}

// Entities reads the entities from tags in the BIO scheme: B-X begins an
// entity of type X, I-X continues one, anything else lies outside. An I-X that
// continues nothing of its type begins an entity, as in the CoNLL evaluation,
// so that any sequence of tags has a reading.
func Entities(tags []string) []Entity {
	var found []Entity
	open := false // the last entity may still grow
	for i, tag := range tags {
		position, kind, tagged := strings.Cut(tag, "-")
		if !tagged || position != "B" && position != "I" {
			open = false
			continue
		}
		if open && position == "I" && found[len(found)-1].Type == kind {
			found[len(found)-1].To = i + 1
			continue
		}
		found = append(found, Entity{kind, i, i + 1})
		open = true
	}
	return found
}

// EntityF1 is F1 over the entities of all sequences: an entity counts as found
// when its type and both its ends are right. It is 0 with a flag when there is
// none on either side.
//
// Source: Tjong Kim Sang and De Meulder, CoNLL-2003 shared task.
func EntityF1(gold, pred [][]string) Value {
	sameTags("EntityF1", gold, pred)
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	var all counts
	for i := range gold {
		want := map[Entity]bool{}
		for _, e := range Entities(gold[i]) {
			want[e] = true
		}
		found := 0
		got := Entities(pred[i])
		for _, e := range got {
			if want[e] {
				found++
			}
		}
		all.hit += found
		all.extra += len(got) - found
		all.missed += len(want) - found
	}
	v, defined := all.f1()
	if !defined {
		return Value{Flag: FlagNoneFound}
	}
	return Value{V: v}
}

// TagAccuracy is the share of tokens, over all sequences, whose tag is right.
func TagAccuracy(gold, pred [][]string) Value {
	sameTags("TagAccuracy", gold, pred)
	right, tokens := 0, 0
	for i := range gold {
		tokens += len(gold[i])
		for j := range gold[i] {
			if gold[i][j] == pred[i][j] {
				right++
			}
		}
	}
	if tokens == 0 {
		return Value{Flag: FlagNoRows}
	}
	return Value{V: float64(right) / float64(tokens)}
}

// TagMatchRows is 1 for each sequence whose tags are all right and 0 for the others.
func TagMatchRows(gold, pred [][]string) []float64 {
	sameTags("TagMatch", gold, pred)
	rows := make([]float64, len(gold))
	for i := range gold {
		rows[i] = 1
		for j := range gold[i] {
			if gold[i][j] != pred[i][j] {
				rows[i] = 0
			}
		}
	}
	return rows
}

// sameTags panics unless both sides have the same sequences of the same lengths.
func sameTags(op string, gold, pred [][]string) {
	sameLength(op, len(gold), len(pred))
	for i := range gold {
		if len(gold[i]) != len(pred[i]) {
			panic(fmt.Sprintf("metric: %s: row %d has %d gold tags and %d predicted", op, i, len(gold[i]), len(pred[i])))
		}
	}
}
