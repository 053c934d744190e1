package main

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/mattn/go-runewidth"

	"runexp/internal/report"
	"runexp/internal/show"
)

// printDocument prints a document: as Markdown, or on a terminal with tables that
// fit its width. Figures, which a terminal cannot show, are left out there.
func printDocument(w io.Writer, d *report.Document) error {
	width := terminalWidth(w)
	if width == 0 {
		return report.Markdown(w, d)
	}
	printf(w, "%s\n", text.WrapSoft(show.Visible(d.Title), width))
	for _, block := range d.Blocks {
		switch v := block.(type) {
		case report.Heading:
			printf(w, "\n%s\n", text.WrapSoft(show.Visible(v.Text), width))
		case report.Paragraph:
			printf(w, "\n%s\n", text.WrapSoft(flatText(v.Text), width))
		case report.Warning:
			printf(w, "\n%s\n", text.WrapSoft("Warning: "+flatText(v.Text), width))
		case report.List:
			printf(w, "\n")
			for _, item := range v.Items {
				printf(w, "%s\n", text.WrapSoft("- "+flatText(item), width))
			}
		case report.Code:
			printf(w, "\n%s\n", show.VisibleLines(v.Text))
		case report.Table:
			printf(w, "\n%s\n", tableText(v, width))
		}
	}
	return nil
}

// tableText renders a table. Where it is too wide, what is the same in all rows is
// said before it; then columns are wrapped, the widest first, until it fits or none
// is wider than narrowest.
func tableText(v report.Table, width int) string {
	rows := make([][]string, len(v.Rows))
	for i, cells := range v.Rows {
		for _, c := range cells {
			rows[i] = append(rows[i], flatText(c))
		}
	}
	head, rows, common := withoutCommon(v.Head, rows, width)
	drawn := wrappedTable(head, rows, width)
	lines := []string{drawn}
	for _, before := range []string{text.WrapSoft(common, width), text.WrapSoft(show.Visible(v.Caption), width)} {
		if before != "" {
			lines = append([]string{before}, lines...)
		}
	}
	for _, note := range v.Notes {
		lines = append(lines, text.WrapSoft(show.Visible(note), width))
	}
	return strings.Join(lines, "\n")
}

// withoutCommon takes out columns that say the same in each of several rows, from
// the left until the table is narrow enough, and says it once.
func withoutCommon(head []report.Column, rows [][]string, width int) ([]report.Column, [][]string, string) {
	head, rows = slices.Clone(head), slices.Clone(rows)
	var said []string
	for i := 0; i < len(head) && len(rows) > 1 && text.LongestLineLen(drawTable(head, rows, nil)) > width; {
		value := rows[0][i]
		if slices.ContainsFunc(rows, func(r []string) bool { return r[i] != value }) {
			i++
			continue
		}
		said = append(said, show.Visible(head[i].Name)+" "+cmp.Or(value, "–"))
		head = slices.Delete(head, i, i+1)
		for k, r := range rows {
			rows[k] = slices.Delete(slices.Clone(r), i, i+1)
		}
	}
	if len(said) == 0 {
		return head, rows, ""
	}
	return head, rows, "In all rows: " + strings.Join(said, "; ")
}

// wrappedTable draws a table with columns narrow enough for a width.
func wrappedTable(head []report.Column, rows [][]string, width int) string {
	const narrowest = 8
	widths := make([]int, len(head))
	for i, c := range head {
		widths[i] = text.LongestLineLen(show.Visible(c.Name))
		for _, r := range rows {
			widths[i] = max(widths[i], text.LongestLineLen(r[i]))
		}
	}
	for over := text.LongestLineLen(drawTable(head, rows, nil)) - width; over > 0; over-- {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return drawTable(head, rows, widths)
}

// drawTable draws a table; widths may be nil.
func drawTable(head []report.Column, rows [][]string, widths []int) string {
	t := newTable()
	var names table.Row
	var configs []table.ColumnConfig
	for i, c := range head {
		names = append(names, show.Visible(c.Name))
		config := table.ColumnConfig{Number: i + 1}
		if widths != nil {
			config.WidthMax, config.WidthMaxEnforcer = widths[i], wrapCell
		}
		if c.Number {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(names)
	for _, cells := range rows {
		var row table.Row
		for _, c := range cells {
			row = append(row, c)
		}
		t.AppendRow(row)
	}
	return t.Render()
}

// wrapCell breaks a cell into lines of at most width columns: after spaces and the
// joints of an address, inside a word only where that is wider than a line.
func wrapCell(cell string, width int) string {
	var lines []string
	line := ""
	end := func() {
		lines, line = append(lines, strings.TrimRight(line, " ")), ""
	}
	for part := range strings.SplitAfterSeq(joints.ReplaceAllString(cell, "$0\n"), "\n") {
		part = strings.TrimSuffix(part, "\n")
		if line != "" && runewidth.StringWidth(strings.TrimRight(line+part, " ")) > width {
			end()
		}
		line += part
		for runewidth.StringWidth(strings.TrimRight(line, " ")) > width {
			head := runewidth.Truncate(line, max(width, 2), "") // a wide character takes two
			lines, line = append(lines, head), line[len(head):]
		}
	}
	end()
	return strings.Join(lines, "\n")
}

// joints are where an address may go on in another line.
var joints = regexp.MustCompile(`[ ,/@]|[^ ]\[`)

// flatText is a text without its styles, and without what could steer a terminal.
func flatText(t report.Text) string {
	var b strings.Builder
	for _, span := range t {
		b.WriteString(show.Visible(span.Text))
	}
	return b.String()
}
