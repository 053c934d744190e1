package main

import (
	"io"
	"os"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// terminalWidth is the width of the terminal that w is, 0 if it is none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// fitLine joins two texts by two spaces; on a terminal of that width, both are
// shortened in their middle where one line has no room for them: the second to not
// less than two fifths. A width of 0 is any.
func fitLine(first, second string, width int) string {
	if second == "" {
		return fitText(first, width)
	}
	a, b := runewidth.StringWidth(first), runewidth.StringWidth(second)
	if width > 0 && a+2+b > width {
		b = min(b, max(width-2-a, (width-2)*2/5))
		second = shortenMiddle(second, b)
		first = shortenMiddle(first, width-2-b)
	}
	return first + "  " + second
}

// fitText is shortenMiddle for a terminal's width, of which 0 is any.
func fitText(text string, width int) string {
	if width == 0 {
		return text
	}
	return shortenMiddle(text, width)
}

// shortenMiddle leaves out the middle of a text that is wider than width: what nodes
// and addresses are of stands at their beginning, what tells them apart at their end.
func shortenMiddle(text string, width int) string {
	if runewidth.StringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	head, left := 0, width/2
	for ; head < len(runes) && runewidth.RuneWidth(runes[head]) <= left; head++ {
		left -= runewidth.RuneWidth(runes[head])
	}
	tail, left := len(runes), width-1-runewidth.StringWidth(string(runes[:head]))
	for ; tail > head && runewidth.RuneWidth(runes[tail-1]) <= left; tail-- {
		left -= runewidth.RuneWidth(runes[tail-1])
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}
