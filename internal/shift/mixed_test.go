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

// TestMixedRealFiles mixes film reviews into clauses of terms of service.
func TestMixedRealFiles(t *testing.T) {
	clauses := lines(t, filepath.Join(testkit.Shared(t, "legal-unfair-tos"), "tos_sentences.tsv"), func(line string) string {
		return line[strings.LastIndex(line, "\t")+1:]
	})
	reviews := lines(t, filepath.Join(testkit.Shared(t, "sst2"), "stsa.binary.train"), func(line string) string { return line[2:] })
	r, n := newReader(), 600
	last := map[string]float64{}
	for _, percent := range []int{0, 10, 30, 100} {
		in := Input{Model: true, Losses: true, Key: 5}
		for i := range n {
			in.Source = append(in.Source, r.row(clauses[i], 0, 0))
			text := clauses[n+i]
			if i < n*percent/100 {
				text = reviews[i]
			}
			in.Target = append(in.Target, r.row(text, 0, 0))
		}
		d := Diagnose(in)
		for _, m := range d.Measures {
			t.Logf("%3d %%: %-12s %-26s %8.4f  [%7.4f, %7.4f]  p %.3f  effect %.3f", percent, m.Axis, m.Name, m.Value, m.Low, m.High, m.Adjusted, m.Effect)
			if m.Name != "proxy A-distance" && m.Name != "Jensen–Shannon divergence" && m.Name != "MMD²" {
				continue
			}
			if v, ok := last[m.Name]; ok && m.Value <= v && v+m.Value > 0 {
				t.Errorf("%s falls from %g to %g with %d %% of reviews", m.Name, v, m.Value, percent)
			}
			last[m.Name] = m.Value
		}
		t.Logf("%3d %%: dominant %q", percent, d.Dominant)
		if want := map[int]string{0: "", 10: Topic, 30: Topic, 100: Topic}[percent]; d.Dominant != want {
			t.Errorf("with %d %% of reviews the dominant shift is %q, not %q", percent, d.Dominant, want)
		}
	}
}
