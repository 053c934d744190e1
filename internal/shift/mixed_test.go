package shift

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/stats"
	"runexp/internal/testkit"
)

// lines reads the sentences of a file, in a random order that is always the same.
func lines(t *testing.T, path string, sentence func(line string) string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if text := sentence(s.Text()); len(Words(text)) > 0 {
			list = append(list, text)
		}
	}
	out := make([]string, len(list))
	for i, at := range permutation(len(list), stats.Key(1)) {
		out[i] = list[at]
	}
	return out
}

// TestMixedRealFiles mixes film reviews into clauses of terms of service: measures
// rise with the share, nothing is found without any, and the topic is named where
// one row in ten is a review. Under RUNEXP_LONG=1 it counts over 20 draws of the rows.
func TestMixedRealFiles(t *testing.T) {
	clauses := lines(t, filepath.Join(testkit.Shared(t, "legal-unfair-tos"), "tos_sentences.tsv"), func(line string) string {
		return line[strings.LastIndex(line, "\t")+1:]
	})
	reviews := lines(t, filepath.Join(testkit.Shared(t, "sst2"), "stsa.binary.train"), func(line string) string { return line[2:] })
	r, n := newReader(), draws(1, 20)
	const rows, texts = 600, 3000
	named := map[int]map[string]int{0: {}, 10: {}, 30: {}, 100: {}}
	for draw := range n {
		key := stats.Key(5).At(uint64(draw))
		c, v := permutation(len(clauses), key.At(1)), permutation(len(reviews), key.At(2))
		last := map[string]float64{}
		for _, percent := range []int{0, 10, 30, 100} {
			in := Input{Model: true, Losses: true, Key: key}
			for i := range texts {
				text := clauses[c[texts+i]]
				if i%100 < percent {
					text = reviews[v[i]]
				}
				if i < rows {
					in.Source, in.Target = append(in.Source, r.row(clauses[c[i]], 0, 0)), append(in.Target, r.row(text, 0, 0))
				} else {
					in.More[0], in.More[1] = append(in.More[0], Row{Words: Words(clauses[c[i]])}), append(in.More[1], Row{Words: Words(text)})
				}
			}
			d := Diagnose(in)
			named[percent][d.Dominant]++
			for _, m := range d.Measures {
				if draw == 0 {
					t.Logf("%3d %%: %-12s %-26s %8.4f  [%7.4f, %7.4f]  p %.3f  effect %.3f", percent, m.Axis, m.Name, m.Value, m.Low, m.High, m.Adjusted, m.Effect)
				}
				if m.Name != "proxy A-distance" && m.Name != "Jensen–Shannon divergence" && m.Name != "MMD²" {
					continue
				}
				if v, ok := last[m.Name]; ok && percent >= 30 && m.Value <= v && v+m.Value > 0 {
					t.Errorf("draw %d: %s falls from %g to %g with %d %% of reviews", draw, m.Name, v, m.Value, percent)
				}
				last[m.Name] = m.Value
			}
		}
	}
	t.Logf("named in %d draws, by percent of reviews: %v", n, named)
	if found := n - named[0][""]; found > draws(1, 4) {
		t.Errorf("without reviews a shift is found in %d of %d draws", found, n)
	}
	for _, percent := range []int{10, 30, 100} {
		if found := named[percent][Topic]; found < n-draws(0, 2) {
			t.Errorf("with %d %% of reviews the topic is named in %d of %d draws", percent, found, n)
		}
	}
}
