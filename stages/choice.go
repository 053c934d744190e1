package stages

import (
	"slices"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/work"
)

// A Choice is how a family's configuration was selected.
type Choice struct {
	Dataset, Model, Condition, Block string
	Configuration                    string // "" if none could win
	Score                            float64
	Tried                            int
	Ties, Barred                     []string
	Family                           string
}

// Entries finds the output of a node; nil where it is not known.
type Entries func(*pipeline.Node) *cache.Entry

// FromSummary looks outputs up in what an executor did.
func FromSummary(s *pipeline.Summary) Entries {
	return func(n *pipeline.Node) *cache.Entry {
		if r := s.Of(n); r != nil && (r.Status == pipeline.Cached || r.Status == pipeline.Ran) {
			return r.Entry
		}
		return nil
	}
}

// FromPlan looks outputs up in what an executor would do.
func FromPlan(items []pipeline.PlanItem) Entries {
	known := map[*pipeline.Node]*cache.Entry{}
	for _, it := range items {
		if it.Status == pipeline.PlanCached {
			known[it.Node] = it.Entry
		}
	}
	return func(n *pipeline.Node) *cache.Entry { return known[n] }
}

// Choose selects a configuration in every family, by the rule of Pick.
func Choose(plan *Plan, known Entries) ([]Choice, error) {
	var choices []Choice
	for _, runs := range byFamily(plan.Runs) {
		c := Choice{Dataset: runs[0].Dataset.Name, Model: runs[0].ModelName(), Condition: runs[0].Condition, Block: runs[0].Method.Name, Family: runs[0].Family()}
		list, err := candidates(runs, known)
		if err != nil {
			return nil, err
		}
		c.Tried = len(list)
		for _, k := range list {
			if k.Unusable {
				c.Barred = append(c.Barred, k.Name)
			}
		}
		if best := work.SelectCandidate(list); best >= 0 {
			c.Configuration, c.Score = list[best].Name, list[best].Mean()
			for i := range list {
				if i != best && !list[i].Unusable && len(list[i].Scores) > 0 && list[i].Mean() == c.Score {
					c.Ties = append(c.Ties, list[i].Name)
				}
			}
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// byFamily groups runs that compete, families and runs in the order of the file.
func byFamily(runs []*Run) [][]*Run {
	var families [][]*Run
	place := map[string]int{}
	for _, r := range runs {
		i, ok := place[r.Family()]
		if !ok {
			i = len(families)
			place[r.Family()], families = i, append(families, nil)
		}
		families[i] = append(families[i], r)
	}
	return families
}

// candidates gathers the seeds of each configuration of a family.
func candidates(runs []*Run, known Entries) ([]work.Candidate, error) {
	var list []work.Candidate
	seen := map[*pipeline.Node]bool{}
	top := 0
	for _, r := range runs {
		top = max(top, r.rung)
	}
	for _, r := range runs {
		if r.rung < top {
			continue // stopped by successive halving
		}
		i := slices.IndexFunc(list, func(c work.Candidate) bool { return c.Name == r.Point.Name })
		if i < 0 {
			i = len(list)
			list = append(list, work.Candidate{Name: r.Point.Name})
		}
		if seen[r.Evaluate] {
			continue
		}
		seen[r.Evaluate] = true
		entry := known(r.Evaluate)
		if entry == nil {
			list[i].Unusable = true
			continue
		}
		e, err := work.ReadEvaluation(entry)
		if err != nil {
			return nil, err
		}
		list[i].Add(e, r.Dataset.Metric)
	}
	return list, nil
}
