package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxCandidates is how many names are compared and listed. More would help
// nobody, and a file of nothing but misspelt names would take minutes.
const maxCandidates = 200

// nearest returns the candidate most like name, or "" if none is near enough
// to be a slip of the keyboard: at most one edit for every three letters.
func nearest(name string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len([]rune(name))/3)
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if len(c) > 3*len(name)+3 {
			continue
		}
		d := editDistance(strings.ToLower(name), strings.ToLower(c))
		if d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// allowed is the sentence that follows an unknown name: the nearest known one,
// everything that is allowed, and letters that only look like ASCII.
func allowed(name string, what string, candidates []string) string {
	var parts []string
	if len(candidates) > maxCandidates {
		return strings.TrimSpace(fmt.Sprintf("There are more than %d %s, none of this name. %s", maxCandidates, what, lookalikes(name)))
	}
	if n := nearest(name, candidates); n != "" {
		parts = append(parts, fmt.Sprintf("Did you mean %q?", n))
	}
	if look := lookalikes(name); look != "" {
		parts = append(parts, look)
	}
	if len(candidates) == 0 {
		parts = append(parts, fmt.Sprintf("There are no %s here.", what))
	} else {
		list := slices.Sorted(slices.Values(candidates))
		parts = append(parts, fmt.Sprintf("%s: %s.", capitalise(what), strings.Join(list, ", ")))
	}
	return strings.Join(parts, " ")
}

// lookalikes names each letter outside ASCII with its code point, since a
// Cyrillic а looks like a Latin a in most fonts.
func lookalikes(name string) string {
	var found []string
	for _, r := range name {
		if r > unicode.MaxASCII {
			found = append(found, fmt.Sprintf("%q (U+%04X)", r, r))
		}
	}
	if found == nil {
		return ""
	}
	return fmt.Sprintf("The name contains %s.", strings.Join(found, ", "))
}

// someKeys returns the keys of a map, or a few more than would be compared.
func someKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		if out = append(out, k); len(out) > maxCandidates {
			break
		}
	}
	return out
}

func capitalise(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
