package record

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"runexp/internal/report"
	"runexp/results"
)

// PartialFolder holds the report of a part of the runs, beside that of all.
const PartialFolder = "partial"

// ReportFolder is where an invocation's report belongs, under the folder of
// results: that of its experiment, or, for a part of the runs where one of all
// runs has been recorded, the folder partial in it. So a look at one method
// never replaces the report of the experiment.
func ReportFolder(ctx context.Context, store *results.Store, invocation, dir string) (string, error) {
	inv, err := store.Invocation(ctx, invocation)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(dir, inv.Experiment)
	part, err := partOf(inv)
	if err != nil || part == "" {
		return folder, err
	}
	all, err := store.Invocations(ctx, inv.Experiment)
	if err != nil {
		return "", err
	}
	for _, other := range all {
		part, err := partOf(other)
		if err != nil {
			return "", err
		}
		if part == "" && other.Status != "running" && other.Status != "interrupted" {
			return filepath.Join(folder, PartialFolder), nil
		}
	}
	return folder, nil
}

// partOf names the flags that left runs out of an invocation.
func partOf(inv results.Invocation) (string, error) {
	f := report.Facts{}
	if err := json.Unmarshal(inv.Document, &f); err != nil {
		return "", fmt.Errorf("invocation %s: %w", inv.ID, err)
	}
	return f.Part, nil
}
