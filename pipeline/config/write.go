package config

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/mattn/go-runewidth"
)

const (
	messageWidth = 78  // columns to which sentences are wrapped
	excerptWidth = 110 // columns of source that are shown
	tabWidth     = 4
)

// Escape sequences for terminals that show colour.
const (
	styleBold  = "\x1b[1m"
	styleRed   = "\x1b[31m"
	styleFaint = "\x1b[2m"
	styleReset = "\x1b[0m"
)

// maxWritten is how many diagnostics are shown in full.
const maxWritten = 100

// WriteDiagnostics writes diagnostics in file order: a line that editors can
// follow, the block, the source line with carets below it, and the sentences.
//
//	legal.hcl:14:12: Invalid LoRA rank
//
//	  in method "lora" "lora":
//	  14 |     rank = 0
//	     |            ^
//	  The rank is the inner dimension; it must be at least 1.
//
// Whatever stands in the file, no control character reaches w. Beyond the first
// hundred, mistakes are only counted.
func (p *Parser) WriteDiagnostics(w io.Writer, diags hcl.Diagnostics, color bool) error {
	var buf bytes.Buffer
	all := tidy(diags)
	for i, d := range all {
		if i == maxWritten {
			fmt.Fprintf(&buf, "\n… and %d more\n", len(all)-maxWritten)
			break
		}
		if i > 0 {
			buf.WriteByte('\n')
		}
		p.write(&buf, d, color)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func (p *Parser) write(w *bytes.Buffer, d *hcl.Diagnostic, color bool) {
	paint := func(style, text string) string {
		if !color {
			return text
		}
		return style + text + styleReset
	}
	summary := d.Summary
	if d.Severity == hcl.DiagWarning {
		summary = "warning: " + summary
	}
	if d.Subject != nil {
		fmt.Fprintf(w, "%s: ", visible(position(*d.Subject)))
	}
	fmt.Fprintf(w, "%s\n\n", paint(styleBold, visible(summary)))
	if d.Subject != nil {
		if title := p.enclosing(*d.Subject); title != "" {
			fmt.Fprintf(w, "  in %s:\n", visible(title))
		}
		if line, carets, ok := p.excerpt(*d.Subject); ok {
			gutter := fmt.Sprintf("  %d | ", d.Subject.Start.Line)
			below := strings.Repeat(" ", len(gutter)-2) + "| "
			fmt.Fprintf(w, "%s%s\n%s%s\n", paint(styleFaint, gutter), line, paint(styleFaint, below), paint(styleRed, carets))
		}
	}
	for _, line := range wrap(visible(d.Detail), messageWidth-2) {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// enclosing names the blocks around a range, unless it is their own header.
func (p *Parser) enclosing(rng hcl.Range) string {
	body := p.bodies[rng.Filename]
	var titles []string
	for body != nil {
		var inside *hclsyntax.Block
		for _, block := range body.Blocks {
			if block.OpenBraceRange.End.Byte <= rng.Start.Byte && rng.Start.Byte < block.CloseBraceRange.End.Byte {
				inside = block
			}
		}
		if inside == nil {
			break
		}
		titles = append(titles, blockTitle(inside))
		body = inside.Body
	}
	return strings.Join(titles, ", ")
}

// excerpt returns the first line of a range and a line of carets under it.
func (p *Parser) excerpt(rng hcl.Range) (line, carets string, ok bool) {
	src := p.sources[rng.Filename]
	if src == nil || rng.Start.Byte > len(src) {
		return "", "", false
	}
	from := bytes.LastIndexByte(src[:rng.Start.Byte], '\n') + 1
	to := len(src)
	if n := bytes.IndexByte(src[rng.Start.Byte:], '\n'); n >= 0 {
		to = rng.Start.Byte + n
	}
	end := min(max(rng.End.Byte, rng.Start.Byte), to)
	before, marked, after := showLine(src[from:rng.Start.Byte], 0), "", ""
	marked = showLine(src[rng.Start.Byte:end], runewidth.StringWidth(before))
	after = showLine(src[end:to], runewidth.StringWidth(before)+runewidth.StringWidth(marked))
	if width := runewidth.StringWidth(before); width > excerptWidth*2/3 {
		before = "…" + runewidth.TruncateLeft(before, width-excerptWidth/2, "")
	}
	left := runewidth.StringWidth(before)
	line = runewidth.Truncate(before+marked+after, excerptWidth, "…")
	count := min(max(1, runewidth.StringWidth(marked)), max(1, excerptWidth-left))
	return line, strings.Repeat(" ", left) + strings.Repeat("^", count), true
}

// showLine makes source text printable; a tab goes to the next stop, counted
// from the column at which the text stands.
func showLine(src []byte, column int) string {
	var b strings.Builder
	for _, r := range string(src) {
		s := showRune(r)
		if r == '\t' {
			s = strings.Repeat(" ", tabWidth-column%tabWidth)
		}
		b.WriteString(s)
		column += runewidth.StringWidth(s)
	}
	return b.String()
}

// visible makes any text safe to print. Line breaks stay.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' {
			b.WriteRune(r)
		} else {
			b.WriteString(showRune(r))
		}
	}
	return b.String()
}

// showRune writes control characters, marks of direction and invalid bytes as
// escapes, and every other character as itself.
func showRune(r rune) string {
	switch {
	case r < 0x80 && unicode.IsControl(r):
		return fmt.Sprintf(`\x%02x`, r)
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == unicode.ReplacementChar:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return string(r)
}

// wrap breaks text at spaces into lines of at most width columns; a word that
// is longer has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && runewidth.StringWidth(line)+1+runewidth.StringWidth(word) > width {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
