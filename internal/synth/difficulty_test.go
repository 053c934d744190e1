package synth

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// bag is a naive Bayes classifier over words and word pairs: what counting words
// can do.
type bag struct {
	counts map[string]map[string]float64 // label, feature
	totals map[string]float64
	rows   map[string]float64
	vocab  map[string]bool
}

func features(text string) []string {
	words := strings.Fields(text)
	out := slices.Clone(words)
	for i := 1; i < len(words); i++ {
		out = append(out, words[i-1]+" "+words[i])
	}
	return out
}

func learn(texts, labels []string) *bag {
	b := &bag{map[string]map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]bool{}}
	for i, text := range texts {
		if b.counts[labels[i]] == nil {
			b.counts[labels[i]] = make(map[string]float64)
		}
		b.rows[labels[i]]++
		for _, f := range features(text) {
			b.counts[labels[i]][f]++
			b.totals[labels[i]]++
			b.vocab[f] = true
		}
	}
	return b
}

func (b *bag) guess(text string) string {
	best, most := "", math.Inf(-1)
	for label := range b.counts {
		score := math.Log(b.rows[label])
		for _, f := range features(text) {
			if b.vocab[f] {
				score += math.Log((b.counts[label][f] + 0.3) / (b.totals[label] + 0.3*float64(len(b.vocab))))
			}
		}
		if score > most || score == most && label < best {
			best, most = label, score
		}
	}
	return best
}

// rule reads a general clause by its construction: it finds the statement that
// counts and the modal phrase in it.
func rule(clause string) string {
	clause = strings.TrimSuffix(clause, " .")
	clause = after(clause, preambles, " , ")
	denied := starts(clause, append(slices.Clone(denials), formalDenials...))
	first, second, two := strings.Cut(clause, " , ")
	links := append(append(slices.Clone(subordinators), formalLinks...), append(slices.Clone(earlier), formalEarlier...)...)
	if two && starts(first, links) {
		clause = strings.TrimPrefix(second, "but ")
	} else if two {
		clause = first
	}
	class := modalOf(clause)
	if denied {
		return map[int]string{obligation: "permission", prohibition: "permission", permission: "prohibition", exemption: "obligation"}[class]
	}
	if class == exemption {
		class = permission
	}
	return normNames[class]
}

func starts(text string, openings []string) bool {
	return slices.ContainsFunc(openings, func(o string) bool { return strings.HasPrefix(text, o+" ") })
}

func after(text string, openings []string, separator string) string {
	for _, o := range openings {
		if rest, ok := strings.CutPrefix(text, o+separator); ok {
			return rest
		}
	}
	return text
}

// modalOf finds the longest modal phrase that comes first.
func modalOf(statement string) int {
	best, at, length := -1, len(statement), 0
	for _, set := range [][][]modal{generalModals, formalModals, recentModals} {
		for class, list := range set {
			for _, m := range list {
				i := strings.Index(" "+statement+" ", " "+m.text+" ")
				if i >= 0 && (i < at || i == at && len(m.text) > length) {
					best, at, length = class, i, len(m.text)
				}
			}
		}
	}
	return best
}

func TestOrderTellsTheLabelOfClausesAndWordsDoNot(t *testing.T) {
	c := NewClauses()
	c.Count = 4000
	var texts, labels []string
	byRule, of := 0.0, 0.0
	for _, row := range rows(c) {
		of++
		if rule(row[1]) == row[2] {
			byRule++
		} else if of-byRule < 4 {
			t.Logf("the rule reads %q as %s, not %s", row[1], rule(row[1]), row[2])
		}
		if row[3] == "news" || row[3] == "web" {
			texts, labels = append(texts, row[1]), append(labels, row[2])
		}
	}
	if byRule/of < 0.99 {
		t.Errorf("the rules tell %.3f of the labels, want at least 0.99", byRule/of)
	}
	accuracy, majority := held(texts, labels, 1400)
	if accuracy < majority+0.05 || accuracy > 0.72 {
		t.Errorf("counting words gives %.3f, the majority %.3f; want clearly more than the majority and at most 0.72", accuracy, majority)
	}
}

// held learns from the first n and tests on the rest.
func held(texts, labels []string, n int) (accuracy, majority float64) {
	b := learn(texts[:n], labels[:n])
	counts := make(map[string]float64)
	for i, text := range texts[n:] {
		counts[labels[n+i]]++
		if b.guess(text) == labels[n+i] {
			accuracy++
		}
	}
	for _, k := range counts {
		majority = max(majority, k)
	}
	of := float64(len(texts) - n)
	return accuracy / of, majority / of
}

func TestWordsDoNotTellEntailment(t *testing.T) {
	c := NewEntailment()
	c.Count = 4000
	var texts, labels []string
	for _, row := range rows(c) {
		if row[4] == "news" || row[4] == "web" {
			texts, labels = append(texts, row[1]+" | "+row[2]), append(labels, row[3])
		}
	}
	if accuracy, _ := held(texts, labels, 1400); accuracy > 0.6 {
		t.Errorf("counting words gives %.3f, want at most 0.6", accuracy)
	}
}

// profile is the share of each word, and of each label, in the rows of some domains.
func profile(c *Clauses, domains ...string) (words, labels map[string]float64) {
	words, labels = make(map[string]float64), make(map[string]float64)
	var wordsIn, rowsIn float64
	for _, row := range rows(c) {
		if !slices.Contains(domains, row[3]) {
			continue
		}
		for _, w := range strings.Fields(row[1]) {
			words[w]++
			wordsIn++
		}
		labels[row[2]]++
		rowsIn++
	}
	for w := range words {
		words[w] /= wordsIn
	}
	for l := range labels {
		labels[l] /= rowsIn
	}
	return words, labels
}

// variation is the total variation distance of two distributions.
func variation(a, b map[string]float64) float64 {
	var sum float64
	for k, v := range a {
		sum += math.Abs(v - b[k])
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			sum += v
		}
	}
	return sum / 2
}

func TestDialsMoveWhatTheyName(t *testing.T) {
	measure := func(set func(*Clauses)) (words, labels float64) {
		c := NewClauses()
		c.Count, c.Shift = 4000, 0
		set(c)
		a, la := profile(c, "news", "web")
		b, lb := profile(c, "contracts", "statutes")
		return variation(a, b), variation(la, lb)
	}
	words, labels := measure(func(*Clauses) {})
	if words > 0.1 || labels > 0.04 {
		t.Errorf("shift 0: words differ by %.3f, labels by %.3f; want none but chance", words, labels)
	}
	half, _ := measure(func(c *Clauses) { c.Vocabulary = 0.5 })
	full, sameLabels := measure(func(c *Clauses) { c.Vocabulary = 1 })
	if half < words+0.05 || full < half+0.05 || sameLabels > 0.04 {
		t.Errorf("vocabulary 0, 0.5, 1: words differ by %.3f, %.3f, %.3f, labels by %.3f", words, half, full, sameLabels)
	}
	sameWords, moved := measure(func(c *Clauses) { c.Prior = 1 })
	if moved < 0.2 || sameWords > full/2 {
		t.Errorf("prior 1: labels differ by %.3f, words by %.3f", moved, sameWords)
	}
	all, _ := measure(func(c *Clauses) { c.Shift = 1 })
	if all < full {
		t.Errorf("shift 1: words differ by %.3f, less than by vocabulary alone, %.3f", all, full)
	}
}

func TestFactsAreTrueInTheirYearAndChange(t *testing.T) {
	changed := 0
	for _, post := range world {
		if post.in(firstYear) != post.in(lastYear) {
			changed++
		}
	}
	if changed < len(world)*8/10 {
		t.Errorf("%d of %d offices change hands in 25 years, want most", changed, len(world))
	}
	for _, row := range rows(NewFacts()) {
		named := false
		for _, post := range world {
			year := int(row[4][0]-'0')*1000 + int(row[4][1]-'0')*100 + int(row[4][2]-'0')*10 + int(row[4][3]-'0')
			if post.town == row[3] && strings.Contains(row[1], post.title) {
				named = true
				if holds := strings.Contains(row[1], post.in(year)); holds != (row[2] == "true") {
					t.Fatalf("%s: %q in %s is called %s", row[0], row[1], row[4], row[2])
				}
			}
		}
		if !named {
			t.Fatalf("%s names no office: %q", row[0], row[1])
		}
	}
}
