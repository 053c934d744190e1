package ui

import (
	"cmp"
	"slices"
	"strings"

	"runexp/internal/report"
	"runexp/results"
)

// comparison is what an invocation measured, as far as the reader asked for it.
type comparison struct {
	invocation string
	facts      *report.Facts
	members    []results.Member
	metrics    []results.MetricRow                 // of every run, split, slice and name
	own        map[string]string                   // data set → the metric that it is compared by
	runs       map[int]map[scoreKey]results.Metric // position → its metrics
	entries    map[entryKey]*entry
	// What the reader asked for:
	metric   string // "" each data set's own
	slice    string
	dataset  string // "" all
	selected bool   // only selected configurations
}

const (
	allRows   = "all"
	retention = "retention"
	forgotten = "lm_loss_change"
)

func loadComparison(r *request, inv results.Invocation) (*comparison, []any, error) {
	c := &comparison{invocation: inv.ID, own: map[string]string{}, metric: r.query.Get("metric"), slice: r.query.Get("slice"), dataset: r.query.Get("dataset"), selected: r.query.Get("selected") != ""}
	if c.slice == "" {
		c.slice = allRows
	}
	var warnings []any
	c.facts, warnings = facts(inv)
	var err error
	if c.members, err = r.db.Members(r, inv.ID); err != nil {
		return nil, nil, err
	}
	if c.metrics, err = r.db.Metrics(r, results.Filter{Invocation: inv.ID}); err != nil {
		return nil, nil, err
	}
	rows, err := r.db.Comparison(r, inv.ID)
	if err != nil {
		return nil, nil, err
	}
	c.index(rows)
	if !inv.Aggregated && len(c.members) > 0 {
		warnings = append(warnings, warning{"This invocation ended before its scores were aggregated: intervals are over seeds alone, and costs are missing. Running the experiment again completes it."})
	}
	for _, d := range c.facts.Datasets {
		c.own[d.Name] = d.Metric
	}
	for _, m := range c.metrics { // without facts, the first metric on a test split
		if c.own[m.Dataset] == "" && m.Slice == allRows && strings.HasPrefix(m.Split, "test") {
			c.own[m.Dataset] = m.Name
		}
	}
	return c, warnings, nil
}

// asked is the metric that stands for a data set.
func (c *comparison) asked(dataset string) string { return cmp.Or(c.metric, c.own[dataset]) }

// form chooses metric, slice, data set and configurations.
func (c *comparison) form() form {
	var metrics, cuts, datasets []string
	add := func(to *[]string, v string) {
		if !slices.Contains(*to, v) {
			*to = append(*to, v)
		}
	}
	for _, m := range c.members {
		add(&datasets, m.Dataset)
	}
	for _, m := range c.metrics {
		add(&metrics, m.Name)
		add(&cuts, m.Slice)
	}
	slices.Sort(metrics)
	slices.SortFunc(cuts, func(a, b string) int {
		return cmp.Or(compareBool(a != allRows, b != allRows), cmp.Compare(a, b))
	})
	f := form{Action: "/invocation", Hidden: []field{{"id", c.invocation}}, Button: "Show"}
	metric := choice{Name: "metric", Label: "metric", Options: []option{{"", "each data set's own", c.metric == ""}}}
	if len(datasets) == 1 && c.own[datasets[0]] != "" {
		metric.Options[0].Text = c.own[datasets[0]] + " (the data set's own)"
	}
	metric.add(metrics, c.metric)
	slice := choice{Name: "slice", Label: "rows"}
	slice.add(cuts, c.slice)
	f.Selects = append(f.Selects, metric, slice)
	if len(datasets) > 1 {
		set := choice{Name: "dataset", Label: "data set", Options: []option{{"", "all", c.dataset == ""}}}
		set.add(datasets, c.dataset)
		f.Selects = append(f.Selects, set)
	}
	f.Checks = []check{{"selected", "only configurations selected on dev", c.selected}}
	return f
}

func (c *choice) add(values []string, chosen string) {
	for _, v := range values {
		c.Options = append(c.Options, option{v, v, v == chosen})
	}
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// splits lists those on which a metric that was asked for has values: dev
// before test, the others by name.
func (c *comparison) splits() []string {
	var found []string
	for _, m := range c.metrics {
		if m.Slice == c.slice && m.Name == c.asked(m.Dataset) && c.shows(m.Member) && !slices.Contains(found, m.Split) {
			found = append(found, m.Split)
		}
	}
	sortSplits(found)
	return found
}

var knownSplits = []string{"dev", "test_id", "test_shift"}

func sortSplits(splits []string) {
	rank := func(s string) int {
		if k := slices.Index(knownSplits, s); k >= 0 {
			return k
		}
		return len(knownSplits)
	}
	slices.SortFunc(splits, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
}

func (c *comparison) shows(m results.Member) bool {
	return (c.dataset == "" || m.Dataset == c.dataset) && (!c.selected || m.Selected)
}
