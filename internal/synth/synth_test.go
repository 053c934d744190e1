package synth

import (
	"crypto/sha256"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rows collects what a generator makes.
func rows(g Generator) [][]string {
	var out [][]string
	g.Rows(func(v []string) bool { out = append(out, v); return true })
	return out
}

func mustByName(t *testing.T, name string) Generator {
	t.Helper()
	g, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestByNameNamesWhatThereIs(t *testing.T) {
	if _, err := ByName("clause"); err == nil || !strings.Contains(err.Error(), "clauses") {
		t.Errorf("ByName(clause) = %v, want an error that lists clauses", err)
	}
}

// sized gives a generator another number of rows.
func sized(g Generator, rows int) Generator {
	reflect.ValueOf(g).Elem().FieldByName("Count").SetInt(int64(rows))
	return g
}

func TestRowsHaveAllColumnsAndUniqueIDs(t *testing.T) {
	for _, name := range Names() {
		g := sized(mustByName(t, name), 1500)
		ids := make(map[string]bool)
		for _, row := range rows(g) {
			if len(row) != len(g.Columns()) {
				t.Fatalf("%s: %d values for %d columns", name, len(row), len(g.Columns()))
			}
			for i, v := range row {
				if v == "" || strings.Contains(v, "  ") || strings.TrimSpace(v) != v {
					t.Fatalf("%s: %s of %s is %q", name, g.Columns()[i], row[0], v)
				}
			}
			if ids[row[0]] {
				t.Fatalf("%s: id %s twice", name, row[0])
			}
			ids[row[0]] = true
		}
	}
}

func TestRowsRepeatAndGrowWithoutChange(t *testing.T) {
	for _, name := range Names() {
		short, long := sized(mustByName(t, name), 50), sized(mustByName(t, name), 80)
		a, b := rows(short), rows(long)
		if len(a) != 50 || len(b) != 80 {
			t.Fatalf("%s: %d and %d rows, want 50 and 80", name, len(a), len(b))
		}
		if !reflect.DeepEqual(a, b[:50]) {
			t.Errorf("%s: asking for more rows changed the first ones", name)
		}
		reflect.ValueOf(short).Elem().FieldByName("Seed").SetInt(7)
		if c := rows(short); reflect.DeepEqual(a, c) {
			t.Errorf("%s: another seed made the same rows", name)
		}
	}
}

func TestFewRowsRepeatAText(t *testing.T) {
	for _, name := range Names() {
		g := sized(mustByName(t, name), 2000)
		seen, repeated := make(map[string]bool), 0
		all := rows(g)
		for _, row := range all {
			text := row[1]
			if name == "entailment" || name == "similarity" {
				text += "|" + row[2]
			}
			if seen[text] {
				repeated++
			}
			seen[text] = true
		}
		if rate := float64(repeated) / float64(len(all)); rate > 0.01 {
			t.Errorf("%s: %.3f of the texts repeat, want at most 0.01", name, rate)
		}
	}
}

// With few posts each fact is told often, in as many wordings, and there is always
// another holder to name falsely.
func TestFewPostsTellEachFactInManyWordings(t *testing.T) {
	for posts := 2; posts <= len(world); posts++ {
		for year := firstYear; year <= lastYear; year++ {
			if first := world[0].in(year); !slices.ContainsFunc(world[1:posts], func(o office) bool { return o.in(year) != first }) {
				t.Fatalf("%d posts in %d have one holder", posts, year)
			}
		}
	}
	g := NewFacts()
	g.Count, g.Posts = 10000, 16
	told, texts, truth := map[string]int{}, map[string]bool{}, 0
	for _, row := range rows(g) {
		if texts[row[1]] {
			t.Fatalf("%q comes twice", row[1])
		}
		texts[row[1]] = true
		if row[2] == "true" {
			truth++
			told[row[3]]++
		}
	}
	if len(told) != 4 {
		t.Errorf("claims are about %d towns, want those of 16 posts: %v", len(told), told)
	}
	if share := float64(truth) / 10000; math.Abs(share-0.5) > 0.05 {
		t.Errorf("%.3f of the claims are true", share)
	}
}

func TestVocabularyIsClosedAndSmall(t *testing.T) {
	types := make(map[string]int)
	words := 0
	NewGeneral().Text(func(doc string) bool {
		for _, w := range strings.Fields(doc) {
			types[w]++
			words++
		}
		return words < 300_000
	})
	if len(types) < 900 || len(types) > 3000 {
		t.Errorf("general text has %d word types, want 900 to 3,000", len(types))
	}
	for _, w := range append(slices.Clone(normWords), "yes", "no", "must", "shall", "entitled", "notwithstanding") {
		if types[w] < 30 {
			t.Errorf("general text has %q %d times in %d words, want at least 30", w, types[w], words)
		}
	}
}

func TestSettingsOutOfRangeNameTheirField(t *testing.T) {
	c := NewClauses()
	c.Count, c.Shift, c.Prior, c.Seed = 0, 1.5, -0.5, -1
	var fields []string
	for _, err := range c.Validate() {
		fields = append(fields, err.(interface{ Field() string }).Field())
	}
	if want := []string{"rows", "seed", "shift", "prior"}; !reflect.DeepEqual(fields, want) {
		t.Errorf("Validate names %v, want %v", fields, want)
	}
	if errs := NewClauses().Validate(); len(errs) != 0 {
		t.Errorf("defaults are refused: %v", errs)
	}
}

// The dials of the general text move what they name and leave the other kinds their
// proportions.
func TestSharesOfTheGeneralTextFollowItsDials(t *testing.T) {
	g := NewGeneral()
	g.Questions, g.Facts = 0.5, 0.3
	asked, dated, n := 0, 0, 0
	g.Text(func(doc string) bool {
		if strings.Contains(doc, " ? yes ,") || strings.Contains(doc, " ? no ,") {
			asked++
		}
		if strings.HasPrefix(doc, "in 19") || strings.HasPrefix(doc, "in 20") {
			dated++
		}
		n++
		return n < 4000
	})
	for what, shares := range map[string][2]float64{"questions": {float64(asked) / 4000, 0.5}, "facts": {float64(dated) / 4000, 0.3}} {
		if math.Abs(shares[0]-shares[1]) > 0.03 {
			t.Errorf("%s are %.3f of the documents, want %g", what, shares[0], shares[1])
		}
	}
	if shares := NewGeneral().shares(); !slices.Equal(shares, documentShares) {
		t.Errorf("left alone the shares are %v", shares)
	}
	g.Facts = 0.6
	if errs := g.Validate(); len(errs) != 1 {
		t.Errorf("more than all documents: %v", errs)
	}
}

// digests of the first 100 rows and documents of every generator, with the version
// of its grammar. A change needs a new version and a new digest.
var digests = map[string]string{
	"choice":     "1 fdc90487142db3f3",
	"clauses":    "1 05030157465f1820",
	"entailment": "1 2b08a31c5000aff0",
	"facts":      "2 1b6c16b39cae3204",
	"general":    "1 96459a1a0353c546",
	"medical":    "1 04d3b217fa9f5b73",
	"similarity": "1 8634122cdd5f3875",
	"tagging":    "1 a78320e3bfc256aa",
	"topics":     "1 e0e4aa82a06e73ca",
}

func TestGrammarChangesRaiseItsVersion(t *testing.T) {
	for _, name := range Names() {
		h := sha256.New()
		g := sized(mustByName(t, name), 100)
		for _, row := range rows(g) {
			fmt.Fprintf(h, "%q\n", row)
		}
		n := 0
		g.Text(func(doc string) bool {
			fmt.Fprintf(h, "%q\n", doc)
			n++
			return n < 100
		})
		grammar := reflect.ValueOf(g).Elem().FieldByName("Grammar").Int()
		if got := fmt.Sprintf("%d %x", grammar, h.Sum(nil)[:8]); got != digests[name] {
			t.Errorf("%s makes rows of grammar and digest %q, not %q: raise its version and note the digest", name, got, digests[name])
		}
	}
}
