package stages

import (
	"fmt"
	"slices"

	"runexp/pipeline"
)

// CheckDisk refuses a plan whose training is predicted to write more than is
// free: the weights that the nodes yet to run leave, and the checkpoints of as
// many as run at once. Weigh comes before. Rows and features are not counted:
// how many there are is known only when they have been read.
func (p *Plan) CheckDisk(wouldRun func(*pipeline.Node) bool, parallel int, free int64) error {
	var weights int64
	var checkpoints []int64
	nodes := 0
	for _, n := range p.Graph.Nodes() {
		if w := n.Weight; w.DiskBytes > 0 && wouldRun(n) {
			nodes++
			weights += w.DiskBytes
			checkpoints = append(checkpoints, w.WorkBytes)
		}
	}
	slices.Sort(checkpoints)
	slices.Reverse(checkpoints)
	var work int64
	for _, n := range checkpoints[:min(len(checkpoints), max(parallel, 1))] {
		work += n
	}
	if weights+work <= free {
		return nil
	}
	return fmt.Errorf("%w: %s of disk are needed = weights of %d nodes %s + checkpoints of the largest that run at once (-j %d) %s; %s are free; put the cache elsewhere with -cache",
		pipeline.ErrResources, mega(weights+work), nodes, mega(weights), parallel, mega(work), mega(free))
}
