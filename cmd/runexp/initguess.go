package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/dataset"
)

// sampledRows is how many rows are looked at.
const sampledRows = 2000

var errEnough = errors.New("enough rows")

// column is what is known of a column of a data file.
type column struct {
	name     string
	filled   int // values that are not empty
	numbers  int
	integers int
	lists    int
	letters  int
	values   map[string]int
}

func newColumn(name string) *column { return &column{name: name, values: map[string]int{}} }

func (c *column) see(v dataset.Value) {
	if v.IsList {
		c.filled++
		c.lists++
		for _, x := range v.List {
			c.values[x]++
		}
		return
	}
	text := strings.TrimSpace(v.Text)
	if text == "" {
		return
	}
	c.filled++
	c.letters += len(text)
	c.values[text]++
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		c.numbers++
	}
	if _, err := strconv.Atoi(text); err == nil {
		c.integers++
	}
}

// mean is the mean length of the values.
func (c *column) mean() float64 {
	if c.filled == 0 {
		return 0
	}
	return float64(c.letters) / float64(c.filled)
}

// classes reports whether the values look like classes: few, and repeated.
func (c *column) classes() bool {
	return c.filled > 0 && c.lists == 0 && len(c.values) > 1 && len(c.values) <= 50 && 2*len(c.values) <= c.filled
}

// measured reports whether the values look like measurements.
func (c *column) measured() bool {
	return c.filled > 0 && c.numbers == c.filled && (c.integers < c.filled || len(c.values) > 50)
}

// namedByARow reports whether the header is a row of values: it names a column
// of classes by one of them. Names that only count columns are names.
func namedByARow(columns []*column) bool {
	counted := true
	for i, c := range columns {
		counted = counted && (c.name == strconv.Itoa(i) || c.name == strconv.Itoa(i+1))
	}
	return !counted && slices.ContainsFunc(columns, func(c *column) bool { return c.classes() && c.values[c.name] > 0 })
}

// columnsGuess is which column is what, and why.
type columnsGuess struct {
	Text, Pair, Label, Task string
	Domain, Date            string // columns that a shift could go by
	Group                   string // first text of pairs, if it repeats
	Said                    []string
}

// Names that columns have in published data sets, the likeliest first.
var (
	labelNames = []string{"label", "labels", "gold_label", "class", "category", "target", "sentiment", "topic", "kind", "score", "rating", "stars", "answer", "y"}
	textNames  = []string{"text", "sentence", "content", "review", "clause", "comment", "body", "document", "tweet", "abstract", "title", "question", "headline"}
	pairNames  = [][2]string{
		{"premise", "hypothesis"}, {"sentence1", "sentence2"}, {"sentence_a", "sentence_b"}, {"sentence_A", "sentence_B"}, {"text_a", "text_b"}, {"text1", "text2"},
		{"question1", "question2"}, {"question", "sentence"}, {"question", "passage"}, {"question", "context"}, {"text", "text_pair"},
		{"#1 String", "#2 String"},
	}
	domainNames = []string{"domain", "source", "genre", "register", "language", "topic", "category"}
	dateNames   = []string{"date", "year", "time", "timestamp", "created_at", "published"}
)

// guessColumns fills in what want leaves open.
func guessColumns(columns []*column, want columnsGuess) (columnsGuess, error) {
	g := want
	for what, name := range map[string]string{"text": g.Text, "pair": g.Pair, "label": g.Label} {
		if name != "" && find(columns, name) == nil {
			return g, fmt.Errorf("-%s: no column %q; there are %s", what, name, strings.Join(namesOf(columns), ", "))
		}
	}
	if g.Text == "" {
		g.guessTexts(columns)
	}
	if g.Text == "" {
		return g, fmt.Errorf("no column looks like text; say which with -text; there are %s", strings.Join(namesOf(columns), ", "))
	}
	if g.Label == "" {
		g.guessLabel(columns)
	}
	if g.Label == "" {
		return g, fmt.Errorf("no column looks like a label; say which with -label; there are %s", strings.Join(namesOf(columns), ", "))
	}
	label := find(columns, g.Label)
	if g.Task == "" {
		switch {
		case label.lists > 0:
			g.Task = dataset.MultiLabel
		case label.measured():
			g.Task = dataset.Regression
		default:
			g.Task = dataset.Classification
		}
	}
	if text := find(columns, g.Text); g.Pair != "" && 10*len(text.values) < 9*text.filled {
		g.Group = g.Text
	}
	g.Domain, g.Date = g.other(columns, domainNames), g.other(columns, dateNames)
	g.say(label)
	return g, nil
}

// guessTexts looks for a known pair, then for a known name, then for the
// longest values.
func (g *columnsGuess) guessTexts(columns []*column) {
	free := func(name string) bool { return find(columns, name) != nil && name != g.Label && name != g.Pair }
	if g.Pair == "" {
		for _, p := range pairNames {
			if free(p[0]) && free(p[1]) {
				g.Text, g.Pair = p[0], p[1]
				return
			}
		}
	}
	for _, name := range textNames {
		if free(name) && find(columns, name).numbers == 0 {
			g.Text = name
			return
		}
	}
	var best *column
	for _, c := range columns {
		if free(c.name) && c.numbers < c.filled && c.lists == 0 && (best == nil || c.mean() > best.mean()) {
			best = c
		}
	}
	if best != nil {
		g.Text = best.name
	}
}

// guessLabel looks for a known name, then for the fewest classes.
func (g *columnsGuess) guessLabel(columns []*column) {
	usable := func(c *column) bool {
		return c != nil && c.name != g.Text && c.name != g.Pair && (c.classes() || c.measured() || c.lists > 0)
	}
	for _, name := range labelNames {
		if c := find(columns, name); usable(c) {
			g.Label = c.name
			return
		}
	}
	var best *column
	for _, c := range columns {
		if usable(c) && c.classes() && (best == nil || len(c.values) < len(best.values)) {
			best = c
		}
	}
	if best != nil {
		g.Label = best.name
	}
}

// other is a further column of one of these names.
func (g *columnsGuess) other(columns []*column, names []string) string {
	for _, name := range names {
		if c := find(columns, name); c != nil && !slices.Contains([]string{g.Text, g.Pair, g.Label}, c.name) {
			return c.name
		}
	}
	return ""
}

// say tells what was guessed, so that a wrong guess is seen.
func (g *columnsGuess) say(label *column) {
	g.Said = append(g.Said, fmt.Sprintf("text: column %q", g.Text))
	if g.Pair != "" {
		g.Said = append(g.Said, fmt.Sprintf("second text: column %q", g.Pair))
	}
	values := namesOfValues(label)
	g.Said = append(g.Said, fmt.Sprintf("label: column %q, %d values in the first rows: %s", g.Label, len(label.values), values), "task: "+g.Task)
	if g.Group != "" {
		g.Said = append(g.Said, fmt.Sprintf("split: rows with equal %q stay together", g.Group))
	}
	if g.Domain != "" {
		g.Said = append(g.Said, fmt.Sprintf("shift: column %q could divide training from test by topic", g.Domain))
	}
	if g.Date != "" {
		g.Said = append(g.Said, fmt.Sprintf("shift: column %q could divide training from test by time", g.Date))
	}
}

// namesOfValues lists the first values in alphabetical order.
func namesOfValues(c *column) string {
	var list []string
	for v := range c.values {
		list = append(list, v)
	}
	slices.Sort(list)
	if len(list) > 6 {
		list = append(list[:6], "…")
	}
	return strings.Join(list, ", ")
}

// find looks a column up by name, whatever the case.
func find(columns []*column, name string) *column {
	for _, c := range columns {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

func namesOf(columns []*column) []string {
	var names []string
	for _, c := range columns {
		names = append(names, strconv.Quote(c.name))
	}
	return names
}
