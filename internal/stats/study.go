package stats

import "slices"

// Study is one invocation of an experiment, ready to be analysed: what was
// compared, what it cost, and (for the entries that are compared) what happened
// to every test row under every seed. The results database fills it; the report
// reads it.
type Study struct {
	Experiment string
	Invocation string
	Entries    []*Entry // in the order of the experiment file
	Warnings   []string // of the store: digests that do not match, rows that are missing
}

// Entry is one configuration of one method on one model and data set, under one
// training condition.
type Entry struct {
	Dataset, Model string // Model is "" for baselines
	Method         string // type of the block: lora
	Block          string // name of the block
	Configuration  string // name with swept values: lora[rank=8]
	Condition      string // training condition, "" when there is one
	Selected       bool
	Drawless       bool // the method draws nothing: its seeds are copies of one run
	Runs           []SeedRun
	Cost           Cost
	Scores         []Score
	Outcomes       map[string][]*Rows  // by split, one table per seed in seed order; nil where not loaded
	Labels         map[string][]string // class names by split
	Curves         map[string][]Curve  // by name, one per seed in seed order
}

// Score is an aggregated metric of an entry.
type Score struct {
	Split, Slice, Metric string
	Estimate
	Values []float64 // the metric by seed, in seed order; NaN where a seed has none
}

// SeedRun says how one seed of an entry ended.
type SeedRun struct {
	Seed           int64
	Status, Detail string
	Action         string
}

// Cost is what an entry costs to train, keep and run.
type Cost struct {
	TrainableParams, HeadParams, TotalParams int64
	StoredBytes                              int64
	PeakBytes                                int64   // maximum over seeds
	Steps                                    int64   // maximum over seeds
	TrainSeconds                             float64 // mean over seeds
	TokensPerSecond                          float64 // mean over seeds
}

// Curve is what one seed showed while training.
type Curve struct {
	Seed   int64
	Steps  []int64
	Values []float64
}

// Score returns the aggregate of a metric on a split and slice.
func (e *Entry) Score(split, slice, metric string) (Score, bool) {
	for _, s := range e.Scores {
		if s.Split == split && s.Slice == slice && s.Metric == metric {
			return s, true
		}
	}
	return Score{}, false
}

// Place is where a run stands, as addresses write it: model/dataset/condition, of
// which model and condition may be "".
func Place(model, dataset, condition string) string {
	at := dataset
	if model != "" {
		at = model + "/" + at
	}
	if condition != "" {
		at += "/" + condition
	}
	return at
}

// Place is where the entry stands.
func (e *Entry) Place() string { return Place(e.Model, e.Dataset, e.Condition) }

// OfSeed is the entry as if it had been run under one seed alone, or nil. Its costs
// stay those of all seeds.
func (e *Entry) OfSeed(seed int64) *Entry {
	k := slices.IndexFunc(e.Runs, func(r SeedRun) bool { return r.Seed == seed })
	if k < 0 {
		return nil
	}
	one := *e
	one.Runs, one.Scores, one.Outcomes = e.Runs[k:k+1], nil, map[string][]*Rows{}
	for _, s := range e.Scores {
		if len(s.Values) != len(e.Runs) {
			continue // an aggregate whose seeds are unknown
		}
		s.Values = s.Values[k : k+1]
		s.Estimate = Summarize(s.Metric, s.Values, nil, false)
		one.Scores = append(one.Scores, s)
	}
	for split, tables := range e.Outcomes {
		one.Outcomes[split] = tables[k : k+1]
	}
	return &one
}

// Status sums up the seeds of an entry: the common status, or the first that is
// not ok.
func (e *Entry) Status() (status, detail string) {
	for _, r := range e.Runs {
		if r.Status != "ok" {
			return r.Status, r.Detail
		}
	}
	return "ok", ""
}
