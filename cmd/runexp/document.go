package main

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

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

// tableText renders a table; columns of text are wrapped, the widest first, until it
// fits or none is wider than narrowest.
func tableText(v report.Table, width int) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateColumns = false
	t.Style().Options.DrawBorder = false
	head, widths := table.Row{}, make([]int, len(v.Head))
	add := func(row table.Row) {
		for i, cell := range row {
			widths[i] = max(widths[i], text.LongestLineLen(cell.(string)))
		}
	}
	for _, c := range v.Head {
		head = append(head, show.Visible(c.Name))
	}
	add(head)
	t.AppendHeader(head)
	for _, cells := range v.Rows {
		row := table.Row{}
		for _, c := range cells {
			row = append(row, flatText(c))
		}
		add(row)
		t.AppendRow(row)
	}
	const narrowest = 8
	for over := text.LongestLineLen(t.Render()) - width; over > 0; over-- {
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
	var configs []table.ColumnConfig
	for i, c := range v.Head {
		config := table.ColumnConfig{Number: i + 1, WidthMax: widths[i], WidthMaxEnforcer: text.WrapSoft}
		if c.Number {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	lines := []string{t.Render()}
	if v.Caption != "" {
		lines = append([]string{text.WrapSoft(show.Visible(v.Caption), width)}, lines...)
	}
	for _, note := range v.Notes {
		lines = append(lines, text.WrapSoft(show.Visible(note), width))
	}
	return strings.Join(lines, "\n")
}

// flatText is a text without its styles, and without what could steer a terminal.
func flatText(t report.Text) string {
	var b strings.Builder
	for _, span := range t {
		b.WriteString(show.Visible(span.Text))
	}
	return b.String()
}
