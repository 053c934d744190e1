package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLaTeXGolden(t *testing.T) {
	d := &Document{Title: "legal", Blocks: []Block{
		Heading{3, "Data set a_b"}, Paragraph{plain("left out")},
		Table{Head: []Column{{"method", false}, {"test_id", true}}, Rows: [][]Text{
			{write(name(`a&b%c$d#e_f{g}h~i^j\k`), " †"), plain("71.3 ± 0.4 [69.8, 72.7]")},
			{plain("[x]"), plain("−1.0")},
			{write("*", Span{"best", Strong}), plain("–")},
		}, Notes: []string{"macro-F1 × 100: 95 % -- interval."}},
	}}
	var got bytes.Buffer
	if err := LaTeX(&got, d); err != nil {
		t.Fatal(err)
	}
	want := `% needs \usepackage{booktabs}

\begin{table}
\centering
\caption{Data set a\_b}
\label{tab:legal-data-set-a_b}
\begin{tabular}{lr}
\toprule
method & test\_id \\
\midrule
\texttt{a\&b\%c\$d\#e\_f\{g\}h\textasciitilde{}i\textasciicircum{}j\textbackslash{}k} \dag{} & 71.3 $\pm$ 0.4 [69.8, 72.7] \\
{}[x] & $-$1.0 \\
{}*\textbf{best} & -- \\
\bottomrule
\end{tabular}
\par\smallskip{\footnotesize macro-F1 $\times$ 100: 95 \% -{}- interval.\par}
\end{table}
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// latexToken is what LaTeX writes besides ordinary characters.
var latexToken = regexp.MustCompile(`\\(?:text(?:backslash|asciitilde|asciicircum|less|greater|bar|asciigrave)\{\}|char34\{\}|[{}&%$#_]|dag\{\}|ldots\{\})|\$(?:-|\^2|\\(?:pm|times|Delta|rho))\$|-\{\}-|'\{\}'`)

// TestLaTeXHasNoOtherCommands removes from hostile texts what LaTeX writes for
// their characters: nothing that means something may remain.
func TestLaTeXHasNoOtherCommands(t *testing.T) {
	for _, payload := range append(payloads, `\input{/etc/passwd}`, `\write18{id}`, `%`, `a\\b`, `\end{tabular}`, `$x$ & y \\`, "^^5cinput") {
		if rest := latexToken.ReplaceAllString(latexText(payload), ""); strings.ContainsAny(rest, "\\{}&%$#_~^\n\r") {
			t.Errorf("%q becomes %q, which leaves %q", payload, latexText(payload), rest)
		}
	}
}

func TestLaTeXOfAStudy(t *testing.T) {
	f, s := fixture()
	var got bytes.Buffer
	if err := LaTeX(&got, Comparisons(f, s)); err != nil {
		t.Fatal(err)
	}
	text := got.String()
	tables, rows := strings.Count(text, `\begin{table}`), 0
	for _, g := range groupEntries(f, s) {
		rows += len(g.entries) + 1
	}
	if tables == 0 || tables != strings.Count(text, `\end{table}`) || strings.Count(text, "\\\\\n") != rows {
		t.Errorf("%d tables, %d rows, want %d\n%s", tables, strings.Count(text, "\\\\\n"), rows, text)
	}
}
