package stages

import (
	"fmt"
	"slices"
	"strings"

	"runexp/internal/show"
	"runexp/pipeline"
	"runexp/stages/work"
)

// CheckDisk refuses a plan that is predicted to write more than is free: weights and
// features that the nodes yet to run leave, and the checkpoints of as many as run at
// once. Weigh comes before. Rows are not counted, nor are features of rows that were
// read by an earlier run: how many those are stands in the cache.
func (p *Plan) CheckDisk(wouldRun func(*pipeline.Node) bool, parallel int, free int64) error {
	var weights, features total
	var checkpoints []int64
	for _, n := range p.Graph.Nodes() {
		w := n.Weight
		if w.DiskBytes == 0 || !wouldRun(n) {
			continue
		}
		if _, ok := n.Stage.(*work.Features); ok {
			features.add(w.DiskBytes)
			continue
		}
		weights.add(w.DiskBytes)
		checkpoints = append(checkpoints, w.WorkBytes)
	}
	slices.Sort(checkpoints)
	slices.Reverse(checkpoints)
	var atOnce int64
	for _, n := range checkpoints[:min(len(checkpoints), max(parallel, 1))] {
		atOnce += n
	}
	all := weights.bytes + features.bytes + atOnce
	if all <= free {
		return nil
	}
	parts := []string{fmt.Sprintf("weights of %s %s", show.Plural(weights.nodes, "node"), mega(weights.bytes))}
	if features.nodes > 0 {
		parts = append(parts, fmt.Sprintf("features of %s %s", show.Plural(features.nodes, "node"), mega(features.bytes)))
	}
	parts = append(parts, fmt.Sprintf("checkpoints of the largest that run at once (-j %d) %s", parallel, mega(atOnce)))
	return fmt.Errorf("%w: %s of disk are needed = %s; %s are free; put the cache elsewhere with -cache",
		pipeline.ErrResources, mega(all), strings.Join(parts, " + "), mega(free))
}

// total sums bytes over nodes.
type total struct {
	nodes int
	bytes int64
}

func (t *total) add(bytes int64) {
	t.nodes++
	t.bytes += bytes
}
