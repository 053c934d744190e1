package stages

import (
	"fmt"

	"runexp/pipeline"
)

// Opened is a finished run whose files can be read.
type Opened struct {
	Run *Run
	Job *pipeline.Job
	// Evaluate is how the run is evaluated.
	Evaluate *Evaluate
}

// Open makes the inputs of a finished run readable; temp is a folder for
// links to them.
func Open(r *Run, known Entries, temp string) (*Opened, error) {
	job := pipeline.NewJob(r.Evaluate, temp)
	for _, in := range r.Evaluate.Inputs {
		entry := known(in.Node)
		if entry == nil {
			return nil, fmt.Errorf("%s has not run; run the experiment first", in.Node.Addr)
		}
		job.In[in.Name] = entry
	}
	return &Opened{Run: r, Job: job, Evaluate: r.Evaluate.Stage.(*Evaluate)}, nil
}
