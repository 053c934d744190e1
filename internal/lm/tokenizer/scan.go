package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// The patterns by which published byte-level tokenizers cut text need a look
// ahead that Go's regular expressions lack, and speed that no backtracking
// engine has. So they are written out by hand here; a test compares them with
// the patterns.

// scanner gives the end of the word that starts at byte i of s.
type scanner func(s string, i int) int

func scan(t text, dst []text, next scanner) []text {
	for i := 0; i < len(t.s); {
		j := next(t.s, i)
		dst = append(dst, t.slice(i, j))
		i = j
	}
	return dst
}

// Classes of characters in the patterns.
const (
	other byte = iota
	letter
	number
	space
)

// asciiClasses holds the class of every ASCII character.
var asciiClasses = func() (table [utf8.RuneSelf]byte) {
	for i := range table {
		table[i] = classify(rune(i))
	}
	return table
}()

// classes holds the class of every character of the basic plane.
var classes = sync.OnceValue(func() *[1 << 16]byte {
	table := new([1 << 16]byte)
	for i := range table {
		table[i] = classify(rune(i))
	}
	return table
})

func classify(r rune) byte {
	switch {
	case unicode.Is(unicode.L, r):
		return letter
	case unicode.Is(unicode.N, r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// classAt is the class and length of the character at i; the length is 0 at the
// end of s.
func classAt(s string, i int) (class byte, n int) {
	if i >= len(s) {
		return other, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return asciiClasses[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	if r < 1<<16 {
		return classes()[r], n
	}
	return classify(r), n
}

func firstRune(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// run is the end of the run of one class that starts at i.
func run(s string, i int, class byte) int {
	for {
		c, n := classAt(s, i)
		if n == 0 || c != class {
			return i
		}
		i += n
	}
}

// nextGPT2 is the pattern of GPT-2 and RoBERTa:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func nextGPT2(s string, i int) int {
	if n := contraction(s[i:], false); n > 0 {
		return i + n
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	if class, n := classAt(s, j); n > 0 && class != space {
		return run(s, j+n, class)
	}
	return spaces(s, i)
}

// nextLlama3 is the pattern of Llama 3 with digits = 3, of Qwen2 with 1:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//	 ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func nextLlama3(digits int) scanner {
	return func(s string, i int) int {
		if n := contraction(s[i:], true); n > 0 {
			return i + n
		}
		class, n := classAt(s, i)
		switch class {
		case letter:
			return run(s, i+n, letter)
		case number:
			return numbers(s, i, digits)
		}
		if s[i] != '\r' && s[i] != '\n' {
			if next, m := classAt(s, i+n); m > 0 && next == letter {
				return run(s, i+n+m, letter)
			}
		}
		j := i
		if s[i] == ' ' {
			j++
		}
		if c, m := classAt(s, j); m > 0 && c == other {
			j = run(s, j+m, other)
			for j < len(s) && isNewline(s[j]) {
				j++
			}
			return j
		}
		end := run(s, i, space)
		for j := end; j > i; j-- {
			if isNewline(s[j-1]) {
				return j
			}
		}
		return spaces(s, i)
	}
}

func isNewline(c byte) bool { return c == '\r' || c == '\n' }

// numbers is the end of at most max digits.
func numbers(s string, i, max int) int {
	for range max {
		class, n := classAt(s, i)
		if n == 0 || class != number {
			break
		}
		i += n
	}
	return i
}

// spaces is \s+(?!\S)|\s+: white space up to the end of the text, or all of it
// but the last character, which goes to the next word; a single one if there is
// no more.
func spaces(s string, i int) int {
	end := run(s, i, space)
	if end == len(s) {
		return end
	}
	_, n := utf8.DecodeLastRuneInString(s[i:end])
	if end-n > i {
		return end - n
	}
	return end
}

// contraction is the length of 's, 't, 're, 've, 'm, 'll or 'd at the start of
// s, or 0. Without regard to case, ſ counts as an s.
func contraction(s string, anyCase bool) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	a, b := s[1], byte(0)
	if len(s) > 2 {
		b = s[2]
	}
	if anyCase {
		if len(s) > 2 && s[1:3] == "ſ" {
			return 3
		}
		a, b = lowerASCII[a&0x7F]|a&0x80, lowerASCII[b&0x7F]|b&0x80
	}
	switch {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return 2
	case a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l':
		return 3
	}
	return 0
}
