package stages

import (
	"errors"
	"fmt"
	"strings"

	"runexp/pipeline"
)

// FindRun resolves an address to one run. Without a configuration the
// selected one is meant, without a seed the first; what else is left out must
// be the only one, or the candidates are listed.
func FindRun(plan *Plan, known Entries, address string) (*Run, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	var runs []*Run
	groups := map[string]bool{}
	var names []string
	for _, r := range plan.Runs {
		if !a.names(r) {
			continue
		}
		runs = append(runs, r)
		place := fmt.Sprintf("method.%s@%s", r.Method.Name, strings.TrimPrefix(r.group(), "method."+r.Point.Name+"@"))
		if !groups[place] {
			groups[place] = true
			names = append(names, place)
		}
	}
	switch {
	case len(runs) == 0:
		return nil, fmt.Errorf("no run is named %s; runexp plan lists them", address)
	case len(groups) > 1:
		return nil, fmt.Errorf("%s names several: %s", address, strings.Join(names, ", "))
	}
	configuration := runs[0].Point.Name
	if a.Configuration == "" {
		if configuration, err = selectedOf(plan, known, runs[0]); err != nil {
			return nil, err
		}
	}
	for _, r := range runs {
		if r.Point.Name == configuration {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no run of %s has the configuration %s", address, configuration)
}

// selectedOf is the selected configuration of a run's family.
func selectedOf(plan *Plan, known Entries, r *Run) (string, error) {
	choices, err := choose(plan, known)
	if err != nil {
		return "", err
	}
	for _, c := range choices {
		if c.family != r.family() {
			continue
		}
		if c.Configuration == "" {
			return "", fmt.Errorf("method.%s has no selected configuration: it has not run to the end, or a seed of each configuration failed", r.Method.Name)
		}
		return c.Configuration, nil
	}
	return "", errors.New("the run belongs to no family")
}

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
