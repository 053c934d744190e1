package tokenizer

import (
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Patterns of published tokenizers for which there is a scanner.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var scanners = map[string]scanner{
	patternGPT2:   nextGPT2,
	patternLlama3: nextLlama3(3),
	patternQwen2:  nextLlama3(1),
}

// A tokenizer.json may hold any pattern, also one that takes forever. No
// sensible match takes anywhere near this long.
const matchTimeout = 2 * time.Second

const longestPattern = 4096 // bytes

// compile makes a finder of a pattern in the syntax of Oniguruma, which the
// files are written in. What the engine here would read differently is refused.
// A match that takes too long is noted in f, and the rest of the text stays as
// it is.
func compile(pattern string, f *failure) (finder, error) {
	if len(pattern) > longestPattern {
		return nil, fmt.Errorf("a pattern of %d bytes; the limit is %d", len(pattern), longestPattern)
	}
	if next, ok := scanners[pattern]; ok {
		return findScan(next), nil
	}
	translated, err := portable(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re, err := regexp2.Compile(translated, regexp2.Multiline) // ^ and $ are those of a line
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re.MatchTimeout = matchTimeout
	return func(dst []span, s string) []span {
		matches, err := re.FindAllStringIndex(s, -1)
		if err != nil {
			f.set(fmt.Errorf("tokenizer: pattern %q on a text of %d bytes: %w", pattern, len(s), err))
		}
		done := 0
		for _, m := range matches {
			if m[0] == m[1] {
				continue
			}
			dst = appendGap(dst, done, m[0])
			dst = append(dst, span{m[0], m[1], true})
			done = m[1]
		}
		return appendGap(dst, done, len(s))
	}, nil
}

// wordSet are the characters of \w in Oniguruma. In .NET's syntax, which the
// engine here has, they are fewer.
const wordSet = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}¹²³¼½¾Ⓐ-ⓩ🄰-🅉🅐-🅩🅰-🆉`

// portable rewrites a pattern for the engine here, and refuses what that would
// read differently: sets within sets, and escapes that are not the same in both.
func portable(pattern string) (string, error) {
	var out strings.Builder
	inSet := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern):
			i++
			switch e := pattern[i]; {
			case e == 'w' && inSet:
				out.WriteString(wordSet)
			case e == 'w':
				out.WriteString("[" + wordSet + "]")
			case e == 'W' && !inSet:
				out.WriteString("[^" + wordSet + "]")
			case strings.IndexByte("pPsSdDrntfvxuAzZ", e) >= 0 || isASCIIPunctuation(rune(e)) || e == ' ':
				out.WriteString(pattern[i-1 : i+1])
			default:
				return "", fmt.Errorf(`the escape \%c is not supported`, e)
			}
			continue
		case c == '[' && inSet:
			return "", fmt.Errorf("a set of characters within a set is not supported")
		case c == '&' && inSet && strings.HasPrefix(pattern[i:], "&&"):
			return "", fmt.Errorf("an intersection of sets of characters is not supported")
		case c == '[':
			inSet = true
			n := 1
			if strings.HasPrefix(pattern[i+n:], "^") {
				n++
			}
			if strings.HasPrefix(pattern[i+n:], "]") { // a member of the set
				n++
			}
			out.WriteString(pattern[i : i+n])
			i += n - 1
			continue
		case c == ']':
			inSet = false
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}
