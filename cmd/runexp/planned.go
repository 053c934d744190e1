package main

import (
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages"
)

// planned is an experiment of which it is known what would run.
type planned struct {
	plan  *stages.Plan
	items []pipeline.PlanItem
	store *cache.Store
}

// planned compiles files and looks every node up; nothing is written. The
// caller closes the store when the entries found are no longer read.
func (f *experimentFlags) planned(s *streams, files []string) (*planned, error) {
	plan, err := f.compile(s, files)
	if err != nil {
		return nil, err
	}
	executor, store, err := f.executor(true)
	if err != nil {
		return nil, err
	}
	items, err := planRungs(executor, plan)
	if err != nil {
		store.Close()
		return nil, err
	}
	return &planned{plan, items, store}, nil
}

// planRungs plans what would run, following successive halving as far as the
// cache knows its outcome.
func planRungs(executor *pipeline.Executor, plan *stages.Plan) ([]pipeline.PlanItem, error) {
	for {
		items, err := executor.Plan(plan.Graph, plan.Want())
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			if it.Status != pipeline.PlanCached {
				return items, nil
			}
		}
		more, err := plan.NextRung(stages.FromPlan(items))
		if err != nil || !more {
			return items, err
		}
	}
}
