package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// Comparisons is the part of the report that papers show: per data set the
// selected configurations, in distribution and shifted, with what they cost.
func Comparisons(f *Facts, s *stats.Study) *Document {
	d := &Document{Title: s.Experiment}
	for _, g := range groupEntries(f, s) {
		g.comparison(d)
	}
	return d
}

// LaTeX writes the tables of a document, and nothing else of it, as table
// environments with the rules of package booktabs: the heading above a table is
// its caption, its notes stand below. Text from names and data cannot be taken
// for a command; characters beyond those that this package writes itself need an
// engine that reads UTF-8.
func LaTeX(w io.Writer, d *Document) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, `% needs \usepackage{booktabs}`)
	heading := d.Title
	labels := map[string]int{}
	for _, block := range d.Blocks {
		switch v := block.(type) {
		case Heading:
			heading = v.Text
		case Table:
			if v.Caption == "" {
				v.Caption = heading
			}
			label := strings.ToLower(fileName(d.Title + "-" + v.Caption))
			if labels[label]++; labels[label] > 1 {
				label = fmt.Sprintf("%s-%d", label, labels[label])
			}
			latexTable(b, v, label)
		}
	}
	return b.Flush()
}

func latexTable(b *bufio.Writer, t Table, label string) {
	columns, names := "", make([]Text, len(t.Head))
	for k, c := range t.Head {
		names[k] = plain(c.Name)
		columns += map[bool]string{false: "l", true: "r"}[c.Number]
	}
	fmt.Fprintf(b, "\n\\begin{table}\n\\centering\n\\caption{%s}\n\\label{tab:%s}\n\\begin{tabular}{%s}\n\\toprule\n", latexText(t.Caption), label, columns)
	latexRow(b, names)
	fmt.Fprintln(b, `\midrule`)
	for _, row := range t.Rows {
		latexRow(b, row)
	}
	fmt.Fprint(b, "\\bottomrule\n\\end{tabular}\n")
	for _, note := range t.Notes {
		fmt.Fprintf(b, "\\par\\smallskip{\\footnotesize %s\\par}\n", latexText(note))
	}
	fmt.Fprintln(b, `\end{table}`)
}

func latexRow(b *bufio.Writer, row []Text) {
	cells := make([]string, len(row))
	for k, cell := range row {
		for _, s := range cell {
			switch text := latexText(s.Text); {
			case text == "":
			case s.Style == Name:
				cells[k] += `\texttt{` + text + "}"
			case s.Style == Strong:
				cells[k] += `\textbf{` + text + "}"
			default:
				cells[k] += text
			}
		}
	}
	line := strings.Join(cells, " & ")
	if strings.HasPrefix(line, "[") || strings.HasPrefix(line, "*") {
		line = "{}" + line // the \\ of the row before would take it for its argument
	}
	fmt.Fprintf(b, "%s \\\\\n", line)
}

// latexText writes text so that it shows as it is: every character with a
// meaning by the command for its glyph, and so the few that this package uses
// and that the default fonts lack.
func latexText(text string) string { return latexGlyphs.Replace(show.Visible(text)) }

var latexGlyphs = strings.NewReplacer(
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`,
	"`", `\textasciigrave{}`, `"`, `\char34{}`, "--", "-{}-", "''", "'{}'", // no dashes and quotes by ligature
	"−", "$-$", "±", `$\pm$`, "×", `$\times$`, "Δ", `$\Delta$`, "ρ", `$\rho$`, "²", "$^2$", "†", `\dag{}`, "–", "--", "…", `\ldots{}`,
)
