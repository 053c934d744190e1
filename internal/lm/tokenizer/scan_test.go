package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// scanPieces are what random texts are made of: everything that the patterns
// treat in its own way, and some that look like it.
var scanPieces = []string{
	"a", "Zé", "ß", "今", "ע", "'", "'s", "'S", "'ſ", "'t", "'re", "'RE", "'vE", "'m", "'ll", "'lL", "'d", "'x", "’s",
	"1", "42", "1234567", "٣", "²", "Ⅷ", "½", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "\u3000", "\u0085",
	"!", "...", "-", "_", "$", "👍🏽", "\u200d", "e\u0301", "\u0301", "\x00", "\ufffd", "﷽", "😀 ", "🄰",
}

func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(12) {
		b.WriteString(scanPieces[rng.IntN(len(scanPieces))])
	}
	return b.String()
}

// The scanners must cut as the patterns do that they stand for.
func TestScannersCutLikeTheirPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for pattern, next := range scanners {
		re := regexp2.MustCompile(pattern)
		for range 10000 {
			s := randomText(rng)
			matches, err := re.FindAllStringIndex(s, -1)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, m := range matches {
				want = append(want, s[m[0]:m[1]])
			}
			for i := 0; i < len(s); {
				j := next(s, i)
				got = append(got, s[i:j])
				i = j
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q is cut into %q, pattern %s into %q", s, got, pattern, want)
			}
		}
	}
}

func TestRegularExpressionsThatWouldMeanSomethingElseAreRefused(t *testing.T) {
	for pattern, reason := range map[string]string{
		`[^(\s|[.,!?])]+`:         "within a set",
		`[\p{L}&&[^a-z]]`:         "intersection",
		`\h+`:                     `\h`,
		`\bword\b`:                `\b`,
		`(`:                       "",
		`[a`:                      "",
		strings.Repeat("a", 5000): "limit",
	} {
		if _, err := compile(pattern, new(failure)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("pattern %.40q: error %v, want one about %q", pattern, err, reason)
		}
	}
	find, err := compile(`[\w-]+|[]^]|^#$`, new(failure))
	if err != nil {
		t.Fatal(err)
	}
	s := "a-Ⅷ ^]\n#\n"
	var got []string
	for _, m := range find(nil, s) {
		if m.match {
			got = append(got, s[m.from:m.to])
		}
	}
	if want := []string{"a-Ⅷ", "^", "]", "#"}; !slices.Equal(got, want) {
		t.Errorf("matches = %q, want %q", got, want)
	}
}

// A pattern that takes forever gives an error, not a wait, and the text is still
// all there.
func TestRunawayPatternIsNoted(t *testing.T) {
	var f failure
	find, err := compile(`(x+x+)+y`, &f)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Repeat("x", 40)
	end := 0
	for _, m := range find(nil, s) {
		end = m.to
	}
	if end != len(s) {
		t.Errorf("the spans end at %d of %d", end, len(s))
	}
	if f.get() == nil {
		t.Error("no error was noted")
	}
}

func TestInvalidUTF8BecomesReplacementCharacters(t *testing.T) {
	for s, want := range map[string]string{
		"a\xffb":               "a\ufffdb",
		"\xe2\x82":             "\ufffd",
		"\xe2\x82x":            "\ufffdx",
		"\xf0\x9f\x91\xf0":     "\ufffd\ufffd",
		"\xed\xa0\x80":         "\ufffd\ufffd\ufffd",
		"\xc0\x80":             "\ufffd\ufffd",
		"ok \xe4\xbb\x8a \x80": "ok 今 \ufffd",
	} {
		if got := validUTF8(s); got != want || !utf8.ValidString(got) {
			t.Errorf("validUTF8(%q) = %q, want %q", s, got, want)
		}
	}
}
