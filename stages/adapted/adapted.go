// Package adapted is for what a finished run is used for: predicting new rows, and
// handing its weights to other programs.
package adapted

import (
	"fmt"

	"runexp/pipeline"
	"runexp/stages"
	"runexp/stages/work"
)

// Opened is a finished run whose files can be read.
type Opened struct {
	Run *stages.Run
	Job *pipeline.Job
	// Evaluate is how the run is evaluated.
	Evaluate *work.Evaluate
}

// Open makes the inputs of a finished run readable; temp is a folder for
// links to them.
func Open(r *stages.Run, known stages.Entries, temp string) (*Opened, error) {
	job := pipeline.NewJob(r.Evaluate, temp)
	for _, in := range r.Evaluate.Inputs {
		entry := known(in.Node)
		if entry == nil {
			return nil, fmt.Errorf("%s has not run; run the experiment first", in.Node.Addr)
		}
		job.In[in.Name] = entry
	}
	return &Opened{Run: r, Job: job, Evaluate: r.Evaluate.Stage.(*work.Evaluate)}, nil
}
