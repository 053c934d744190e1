package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"runexp/internal/report"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/work"
)

// An Operand is one side of a comparison: a stored invocation, or one configuration
// of it.
type Operand struct {
	Name       string // as it was asked for
	Invocation results.Invocation
	Address    *stages.Address // nil: all selected configurations
}

// Compare pairs two invocations, or two configurations. With gate, the gate block
// of the second one counts.
func Compare(ctx context.Context, db *results.Store, a, b Operand, gate bool) (*report.Compared, error) {
	f := &report.Facts{}
	if err := json.Unmarshal(b.Invocation.Document, f); err != nil {
		return nil, fmt.Errorf("invocation %s: %w", b.Invocation.ID, err)
	}
	var rule *report.GateFacts
	if gate {
		if f.Gate == nil {
			return nil, work.InputError(fmt.Sprintf("invocation %s has no gate: its file declared no gate block", b.Invocation.ID))
		}
		rule = f.Gate
	}
	if a.Address != nil && b.Address != nil {
		return compareConfigurations(ctx, db, a, b, f, rule)
	}
	before, err := db.Study(ctx, a.Invocation.ID)
	if err != nil {
		return nil, err
	}
	after, err := db.Study(ctx, b.Invocation.ID)
	if err != nil {
		return nil, err
	}
	return report.Compare(before, after, f, rule), nil
}

// StoredOperand finds what a text names in the database: an invocation's id, an
// experiment (its last invocation), its results folder, or NAME~N, the N-th
// invocation before an experiment's last.
func StoredOperand(ctx context.Context, db *results.Store, name string, address *stages.Address) (Operand, error) {
	inv, err := findInvocation(ctx, db, name)
	return Operand{name, inv, address}, err
}

// findInvocation resolves an id, an experiment's name, a results folder, or
// NAME~N, the N-th invocation before an experiment's last.
func findInvocation(ctx context.Context, db *results.Store, name string) (results.Invocation, error) {
	inv, err := db.Invocation(ctx, name)
	if err == nil || !errors.Is(err, results.ErrNotFound) {
		return inv, err
	}
	experiment, back := filepath.Base(filepath.Clean(name)), 0
	if base, n, ok := strings.Cut(experiment, "~"); ok {
		if _, err := fmt.Sscan(n, &back); err != nil || back < 0 {
			return inv, fmt.Errorf("invocation %q: %q is not a number of invocations", name, n)
		}
		experiment = base
	}
	all, err := db.Invocations(ctx, experiment)
	if err != nil {
		return inv, err
	}
	if len(all) <= back {
		return inv, work.InputError(fmt.Sprintf("no invocation is called %q: %s has no such id, and %d invocations of an experiment %q", name, db.Path(), len(all), experiment))
	}
	return all[len(all)-1-back], nil
}

// History is a metric of an experiment over its invocations, for report.History,
// and that metric's name; with metric "" it is the data sets' own.
func History(ctx context.Context, db *results.Store, experiment, metric string) (string, []report.HistoryPoint, error) {
	if metric == "" {
		inv, err := findInvocation(ctx, db, experiment)
		if err != nil {
			return "", nil, err
		}
		f := &report.Facts{}
		if err := json.Unmarshal(inv.Document, f); err != nil {
			return "", nil, fmt.Errorf("invocation %s: %w", inv.ID, err)
		}
		if len(f.Datasets) > 0 {
			metric = f.Datasets[0].Metric
		}
	}
	found, err := db.History(ctx, experiment, metric)
	if err != nil {
		return "", nil, err
	}
	points := make([]report.HistoryPoint, len(found))
	for i, p := range found {
		points[i] = report.HistoryPoint{
			Invocation: p.Invocation.ID, Started: p.Invocation.Started.UTC().Format(time.DateTime), Dataset: p.Dataset, Model: p.Model,
			Configuration: p.Configuration, Condition: p.Condition, Split: p.Split, Estimate: p.Estimate,
		}
	}
	return metric, points, nil
}
