package stages

import (
	"context"
	"encoding/json"
	"fmt"

	"runexp/internal/report"
	"runexp/results"
)

// WriteReport writes an invocation's report from the database alone:
// report.md, report.html and figures in dir. Files that would not change are
// left alone.
func WriteReport(ctx context.Context, store *results.Store, invocation, dir string) error {
	d, err := document(ctx, store, invocation)
	if err != nil {
		return err
	}
	return report.WriteFiles(dir, d)
}

// document builds the report of an invocation.
func document(ctx context.Context, store *results.Store, invocation string) (*report.Document, error) {
	inv, err := store.Invocation(ctx, invocation)
	if err != nil {
		return nil, err
	}
	f := &report.Facts{}
	if err := json.Unmarshal(inv.Document, f); err != nil {
		return nil, fmt.Errorf("invocation %s: %w", invocation, err)
	}
	study, err := store.Study(ctx, invocation)
	if err != nil {
		return nil, err
	}
	return report.Build(f, study), nil
}
