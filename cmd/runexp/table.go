package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"runexp/internal/show"
	"runexp/results"
)

// newTable is a table as all commands draw it: rows without lines between columns.
func newTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateColumns = false
	t.Style().Options.DrawBorder = false
	return t
}

// printComparison prints the selected configurations of an invocation side by
// side: in distribution and under shift.
func printComparison(ctx context.Context, w io.Writer, db *results.Store, invocation string) error {
	rows, err := db.Comparison(ctx, invocation)
	if err != nil {
		return err
	}
	members, err := db.Members(ctx, invocation)
	if err != nil {
		return err
	}
	metrics, err := datasetMetrics(ctx, db, invocation)
	if err != nil {
		return err
	}
	type key struct{ dataset, model, configuration, condition string }
	scores := map[key]map[string]results.Comparison{}
	for _, r := range rows {
		if r.Slice != "all" || r.Metric != metrics[r.Dataset] && r.Split != "retention" || r.Split == "retention" && r.Metric != "lm_loss_change" {
			continue
		}
		k := key{r.Dataset, r.Model, r.Configuration, r.Condition}
		if scores[k] == nil {
			scores[k] = map[string]results.Comparison{}
		}
		scores[k][r.Split] = r
	}
	t := newTable()
	t.AppendHeader(table.Row{"data set", "condition", "model", "method", "metric", "in distribution", "under shift", "LM loss +", "trained", "stored", "seconds", "status"})
	seen := map[key]bool{}
	for _, m := range members {
		k := key{m.Dataset, m.Model, m.Configuration, m.Condition}
		if seen[k] || !m.Selected && m.Action != "" {
			continue
		}
		seen[k] = true
		any := results.Comparison{}
		for _, r := range scores[k] {
			any = r
			break
		}
		t.AppendRow(table.Row{m.Dataset, m.Condition, m.Model, m.Configuration, metrics[m.Dataset], estimate(scores[k], "test_id"), estimate(scores[k], "test_shift"),
			change(scores[k]), show.Count(any.TrainableParams), bytesText(any.StoredBytes), fmt.Sprintf("%.1f", any.TrainSeconds), m.Status})
	}
	configs := columnConfigs
	if !slices.ContainsFunc(members, func(m results.Member) bool { return m.Condition != "" }) {
		configs = append(slices.Clone(configs), table.ColumnConfig{Number: conditionColumn, Hidden: true})
	}
	t.SetColumnConfigs(configs)
	_, err = fmt.Fprintln(w, fitted(t, configs, leastNeeded, terminalWidth(w)))
	return err
}

// leastNeeded are the columns of the comparison that a narrow terminal goes
// without: seconds, stored, metric, LM loss, trained, data set, model.
var leastNeeded = []int{11, 10, 5, 8, 9, 1, 3}

// fitted renders a table and leaves out columns, in the order given, until it
// fits the width; 0 is any width.
func fitted(t table.Writer, configs []table.ColumnConfig, spare []int, width int) string {
	configs = slices.Clone(configs)
	out := t.Render()
	for _, column := range spare {
		if width == 0 || text.LongestLineLen(out) <= width {
			break
		}
		configs = append(slices.DeleteFunc(configs, func(c table.ColumnConfig) bool { return c.Number == column }), table.ColumnConfig{Number: column, Hidden: true})
		t.SetColumnConfigs(configs)
		out = t.Render()
	}
	return out
}

// conditionColumn is shown where some run has a condition.
const conditionColumn = 2

var columnConfigs = func() []table.ColumnConfig {
	var list []table.ColumnConfig
	for _, c := range []int{6, 7, 8, 9, 10, 11} {
		list = append(list, table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return list
}()

func estimate(scores map[string]results.Comparison, split string) string {
	r, ok := scores[split]
	if !ok || math.IsNaN(r.Mean) {
		return "–"
	}
	s := fmt.Sprintf("%.3f", r.Mean)
	if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
		s += fmt.Sprintf(" [%.3f, %.3f]", r.Low, r.High)
	}
	return s
}

func change(scores map[string]results.Comparison) string {
	r, ok := scores["retention"]
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%+.3f", r.Mean)
}

func bytesText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// datasetMetrics reads each data set's metric from the invocation's facts.
func datasetMetrics(ctx context.Context, db *results.Store, invocation string) (map[string]string, error) {
	inv, err := db.Invocation(ctx, invocation)
	if err != nil {
		return nil, err
	}
	facts := struct {
		Datasets []struct{ Name, Metric string } `json:"datasets"`
	}{}
	if err := json.Unmarshal(inv.Document, &facts); err != nil {
		return nil, fmt.Errorf("invocation %s: %w", invocation, err)
	}
	metrics := map[string]string{}
	for _, d := range facts.Datasets {
		metrics[d.Name] = d.Metric
	}
	return metrics, nil
}

// printComparisonJSON prints the rows of the comparison as a JSON array.
func printComparisonJSON(ctx context.Context, w io.Writer, db *results.Store, invocation string) error {
	rows, err := db.Comparison(ctx, invocation)
	if err != nil {
		return err
	}
	type row struct {
		Dataset         string   `json:"dataset"`
		Model           string   `json:"model"`
		Method          string   `json:"method"`
		Configuration   string   `json:"configuration"`
		Condition       string   `json:"condition,omitempty"`
		Split           string   `json:"split"`
		Slice           string   `json:"slice"`
		Metric          string   `json:"metric"`
		Seeds           int      `json:"n_seeds"`
		Mean            *float64 `json:"mean"`
		SD              *float64 `json:"sd"`
		Low             *float64 `json:"ci_low"`
		High            *float64 `json:"ci_high"`
		TrainableParams int64    `json:"trainable_params"`
		TotalParams     int64    `json:"total_params"`
		StoredBytes     int64    `json:"stored_bytes"`
		TrainSeconds    float64  `json:"train_seconds"`
		PeakBytes       int64    `json:"peak_bytes"`
		Selected        bool     `json:"selected"`
	}
	list := make([]row, len(rows))
	for i, r := range rows {
		list[i] = row{r.Dataset, r.Model, r.Method, r.Configuration, r.Condition, r.Split, r.Slice, r.Metric, r.Seeds,
			finite(r.Mean), finite(r.SD), finite(r.Low), finite(r.High), r.TrainableParams, r.TotalParams, r.StoredBytes, r.TrainSeconds, r.PeakBytes, r.Selected}
	}
	return printJSON(w, list)
}
