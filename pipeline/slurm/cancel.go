package slurm

import (
	"context"
	"fmt"
	"slices"
)

// Cancel ends the jobs that coordinators of a shared folder have left in the
// queue, and returns how many there were. Checkpoints and results stay, for the
// next run.
func Cancel(ctx context.Context, c Cluster, dir, name string) (int, error) {
	f, err := openFolder(dir)
	if err != nil {
		return 0, fmt.Errorf("open shared folder: %w", err)
	}
	elements, err := f.elements(name)
	if err != nil {
		return 0, fmt.Errorf("open shared folder: %w", err)
	}
	queue, err := c.Queue(ctx)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, e := range elements {
		if a, ok := queue[Place{e.job, e.index}]; ok {
			ids = append(ids, a.ID)
		}
	}
	slices.Sort(ids)
	return len(ids), c.Cancel(ctx, ids)
}
