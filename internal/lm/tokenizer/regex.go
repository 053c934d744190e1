package tokenizer

import (
	"fmt"
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
	if err := portable(pattern); err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re, err := regexp2.Compile(pattern)
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

// portable refuses sets within sets, which mean something else (or nothing) to
// the engine here.
func portable(pattern string) error {
	inSet := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '[' && inSet:
			return fmt.Errorf("a set of characters within a set is not supported")
		case c == '[':
			inSet = true
			// A bracket that closes right away is a member of the set.
			if i+1 < len(pattern) && pattern[i+1] == '^' {
				i++
			}
			if i+1 < len(pattern) && pattern[i+1] == ']' {
				i++
			}
		case c == ']':
			inSet = false
		case c == '&' && inSet && i+1 < len(pattern) && pattern[i+1] == '&':
			return fmt.Errorf("an intersection of sets of characters is not supported")
		}
	}
	return nil
}
