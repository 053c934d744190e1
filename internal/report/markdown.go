package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"runexp/internal/show"
)

// FigureFolder is where Markdown links figures, relative to the report.
const FigureFolder = "figures"

// Markdown draws a document as GitHub-flavoured markdown. Every piece of text
// is escaped, so that names from data can neither link, embed, nor break a
// table. Figures are links to FigureFolder/<name>.svg.
func Markdown(w io.Writer, d *Document) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s\n", markdownText(d.Title))
	for _, block := range d.Blocks {
		b.WriteByte('\n')
		switch v := block.(type) {
		case Heading:
			fmt.Fprintf(b, "%s %s\n", strings.Repeat("#", v.Level), markdownText(v.Text))
		case Paragraph:
			fmt.Fprintf(b, "%s\n", markdownLine(v.Text))
		case List:
			for _, item := range v.Items {
				fmt.Fprintf(b, "- %s\n", markdownLine(item))
			}
		case Table:
			markdownTable(b, v)
		case Figure:
			fmt.Fprintf(b, "![%s](%s/%s.svg)\n\n%s\n", markdownText(v.Chart.Title()), FigureFolder, fileName(v.Name), markdownLine(plain(v.Caption)))
		case Warning:
			fmt.Fprintf(b, "> **Warning:** %s\n", markdownSpans(v.Text))
		case Code:
			markdownCode(b, v.Text)
		}
	}
	return b.Flush()
}

func markdownTable(b *bufio.Writer, t Table) {
	if t.Caption != "" {
		fmt.Fprintf(b, "**%s**\n\n", markdownText(t.Caption))
	}
	b.WriteByte('|')
	for _, c := range t.Head {
		fmt.Fprintf(b, " %s |", markdownText(c.Name))
	}
	b.WriteString("\n|")
	for _, c := range t.Head {
		if c.Number {
			b.WriteString(" ---: |")
		} else {
			b.WriteString(" --- |")
		}
	}
	b.WriteByte('\n')
	for _, row := range t.Rows {
		b.WriteByte('|')
		for _, cell := range row {
			fmt.Fprintf(b, " %s |", markdownSpans(cell))
		}
		b.WriteByte('\n')
	}
	for _, note := range t.Notes {
		fmt.Fprintf(b, "\n%s\n", markdownLine(plain(note)))
	}
}

// markdownCode indents, which unlike a fence cannot be closed by its content.
func markdownCode(b *bufio.Writer, text string) {
	for _, line := range strings.Split(show.VisibleLines(text), "\n") {
		fmt.Fprintf(b, "    %s\n", line)
	}
}

// lineStart are beginnings that make a line something other than a paragraph.
var lineStart = regexp.MustCompile(`^(\s*)([-+=>]|\d+[.)])`)

// markdownLine is text that stands at the start of a line.
func markdownLine(t Text) string {
	line := strings.TrimLeft(markdownSpans(t), " ")
	if m := lineStart.FindStringSubmatchIndex(line); m != nil {
		at := m[5] - 1 // before the mark itself: "1\."
		line = line[:at] + `\` + line[at:]
	}
	return line
}

func markdownSpans(t Text) string {
	var b strings.Builder
	for _, s := range t {
		if s.Text == "" {
			continue
		}
		switch s.Style {
		case Strong:
			// Emphasis must touch its text; blanks move outside.
			inner := strings.TrimSpace(show.Visible(s.Text))
			before, after, _ := strings.Cut(show.Visible(s.Text), inner)
			fmt.Fprintf(&b, "%s**%s**%s", before, markdownText(inner), after)
		case Name:
			b.WriteString(codeSpan(s.Text))
		default:
			b.WriteString(markdownText(s.Text))
		}
	}
	return b.String()
}

// linkLike finds what GitHub turns into a link without being asked; escapes do
// not stop it everywhere, a code span does.
var linkLike = regexp.MustCompile(`(?i)\S*(://|www\.|mailto:|xmpp:|@)\S*`)

// markdownText escapes one piece of text.
func markdownText(text string) string {
	text = show.Visible(text)
	var b strings.Builder
	for len(text) > 0 {
		at := linkLike.FindStringIndex(text)
		if at == nil {
			b.WriteString(escapeMarkdown(text))
			break
		}
		b.WriteString(escapeMarkdown(text[:at[0]]))
		b.WriteString(codeSpan(text[at[0]:at[1]]))
		text = text[at[1]:]
	}
	return b.String()
}

// intervalLike finds what this package writes for an interval, which is no link
// unless something that makes it one follows.
var intervalLike = regexp.MustCompile(`\[−?[0-9][0-9.,]*, −?[0-9][0-9.,]*\](?:[^(\[:]|$)`)

// escapeMarkdown escapes every character that can mean something inside a line.
func escapeMarkdown(text string) string {
	var b strings.Builder
	if at := intervalLike.FindStringIndex(text); at != nil {
		end := at[0] + strings.IndexByte(text[at[0]:], ']') + 1
		return escapeMarkdown(text[:at[0]]) + text[at[0]:end] + escapeMarkdown(text[end:])
	}
	runes := []rune(text)
	word := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	for i, r := range runes {
		switch r {
		case '&', '<', '>':
			if i+1 < len(runes) && runes[i+1] == ' ' { // no tag and no entity begins so
				b.WriteRune(r)
			} else {
				b.WriteString(map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;"}[r])
			}
		case '_':
			if !word(i-1) || !word(i+1) { // inside a word it means nothing
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case '\\', '`', '*', '[', ']', '|', '~', '$', '#', '!', '{', '}', '^':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// codeSpan sets text in a code span whose fence is longer than any run of
// backquotes in it. A bar would end a table cell even there, so it stands
// between two spans.
func codeSpan(text string) string {
	text = show.Visible(text)
	if strings.TrimSpace(text) == "" {
		return text
	}
	if before, after, found := strings.Cut(text, "|"); found {
		return codeSpan(before) + `\|` + codeSpan(after)
	}
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || text[0] == ' ' && text[len(text)-1] == ' ' {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// fileName keeps only what is safe in a link and on every file system.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_') {
			return r
		}
		return '-'
	}, name)
}
