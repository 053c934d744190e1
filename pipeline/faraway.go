package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"runexp/pipeline/cache"
)

// ErrOtherRecipe says that a node's recipe is not the one that a job was made
// for: a file has changed, or the machine computes with other kernels.
var ErrOtherRecipe = errors.New("other recipe")

// Faraway runs jobs in another process than the executor that made them: it
// first computes the node's key itself, so that a result cannot be of anything
// but what was asked for. The zero value with Numeric set is ready to use.
type Faraway struct {
	Numeric string // as in Executor
	keys    keys
}

// Run calls the stage if the node's recipe, with the outputs in job.In, hashes
// to job.Action; else the error is an ErrOtherRecipe. It adds "seconds" to
// job.Info. A panic of the stage is an error.
func (f *Faraway) Run(ctx context.Context, job *Job) error {
	f.keys.numeric = f.Numeric
	outputs := map[*Node]cache.ID{}
	for _, in := range job.Node.Inputs {
		entry, ok := job.In[in.Name]
		if !ok {
			return fmt.Errorf("run %s: input %s is missing", job.Node.Addr, in.Name)
		}
		outputs[in.Node] = entry.Output()
	}
	recipe, err := f.keys.recipe(job.Node, func(n *Node) cache.ID { return outputs[n] })
	if err != nil {
		return err
	}
	if recipe.ID() != job.Action {
		return fmt.Errorf("%w: %s is not what was asked for; the experiment file, or a file that it names, has changed, or this machine's kernels (%s) are not those of the machine that asked",
			ErrOtherRecipe, job.Node.Addr, f.Numeric)
	}
	started := time.Now()
	if err := guarded(ctx, Local{}, job); err != nil {
		return err
	}
	if job.Info["seconds"] == "" {
		job.Info["seconds"] = strconv.FormatFloat(time.Since(started).Seconds(), 'f', 3, 64)
	}
	return f.keys.unchanged(job.Node)
}
