package record

import (
	"context"
	"encoding/json"
	"fmt"

	"runexp/internal/report"
	"runexp/internal/stats"
	"runexp/results"
)

// WriteReport writes an invocation's report from the database alone:
// report.md, report.html and figures in dir. Files that would not change are
// left alone.
func WriteReport(ctx context.Context, store *results.Store, invocation, dir string) error {
	d, err := Report(ctx, store, invocation)
	if err != nil {
		return err
	}
	return report.WriteFiles(dir, d)
}

// Report builds the report of an invocation.
func Report(ctx context.Context, store *results.Store, invocation string) (*report.Document, error) {
	f, study, err := findings(ctx, store, invocation)
	if err != nil {
		return nil, err
	}
	return report.Build(f, study), nil
}

// Comparisons builds the comparison tables of an invocation, for papers.
func Comparisons(ctx context.Context, store *results.Store, invocation string) (*report.Document, error) {
	f, study, err := findings(ctx, store, invocation)
	if err != nil {
		return nil, err
	}
	return report.Comparisons(f, study), nil
}

// findings reads what a report is made of.
func findings(ctx context.Context, store *results.Store, invocation string) (*report.Facts, *stats.Study, error) {
	inv, err := store.Invocation(ctx, invocation)
	if err != nil {
		return nil, nil, err
	}
	f := &report.Facts{}
	if err := json.Unmarshal(inv.Document, f); err != nil {
		return nil, nil, fmt.Errorf("invocation %s: %w", invocation, err)
	}
	study, err := store.Study(ctx, invocation)
	return f, study, err
}
