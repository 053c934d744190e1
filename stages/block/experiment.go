package block

import (
	"strings"

	"runexp/internal/dataset"
	"runexp/pipeline/config"
)

// Experiment is the block that names the question.
type Experiment struct {
	Name        string `key:"-"`
	Description string `hcl:"description,optional" doc:"the question, printed at the top of the report"`
	Seeds       []int  `hcl:"seeds,optional" doc:"replicates: each run is repeated under every seed"`
	Select      string `hcl:"select,optional" doc:"the split that picks a configuration"`
	Keep        string `hcl:"keep,optional" doc:"which adapted weights stay in the cache: selected or all"`
	MaxRuns     int    `hcl:"max_runs,optional" unit:"runs" doc:"the largest number of runs that is planned"`
}

// NewExperiment is an experiment block without attributes.
func NewExperiment(name string) *Experiment {
	return &Experiment{Name: name, Seeds: []int{1, 2, 3}, Select: dataset.DevSplit, Keep: "selected", MaxRuns: config.DefaultMaxRuns}
}

// Validate checks what the tags cannot.
func (e *Experiment) Validate() []error {
	var errs []error
	if strings.ContainsAny(e.Name, `/\`) || e.Name == "" || strings.HasPrefix(e.Name, ".") {
		errs = append(errs, wrong("", "The name of an experiment is the name of its results folder; it must not be empty, start with a dot or hold a slash."))
	}
	seen := map[int]bool{}
	for _, s := range e.Seeds {
		if s < 0 {
			errs = append(errs, wrong("seeds", "A seed must not be negative."))
		}
		if seen[s] {
			errs = append(errs, wrong("seeds", "Seed %d is listed twice; a replicate needs a seed of its own.", s))
		}
		seen[s] = true
	}
	if len(e.Seeds) == 0 {
		errs = append(errs, wrong("seeds", "At least one seed is needed."))
	}
	if e.Select != dataset.DevSplit {
		errs = append(errs, wrong("select", "A configuration is picked on \"dev\"; picking on a test split would make the report's numbers optimistic."))
	}
	errs = append(errs, oneOf("keep", e.Keep, "selected", "all")...)
	if e.MaxRuns < 1 {
		errs = append(errs, wrong("max_runs", "The limit must be at least 1."))
	}
	return errs
}

// RunLimit is the limit on one block's configurations.
func (e *Experiment) RunLimit() int64 { return int64(e.MaxRuns) }
