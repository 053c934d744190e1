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
	choices, err := Choose(plan, known)
	if err != nil {
		return "", err
	}
	for _, c := range choices {
		if c.Family != r.Family() {
			continue
		}
		if c.Configuration == "" {
			return "", fmt.Errorf("method.%s has no selected configuration: it has not run to the end, or a seed of each configuration failed", r.Method.Name)
		}
		return c.Configuration, nil
	}
	return "", errors.New("the run belongs to no family")
}

// Resolve finds the nodes that an address names: a node as plan prints it, or
// the nodes of the runs that a run's address names.
func (p *Plan) Resolve(address string) ([]*pipeline.Node, error) {
	if n := p.Graph.Find(address); n != nil {
		return []*pipeline.Node{n}, nil
	}
	a, err := ParseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("%w; nor is it a node of the plan", err)
	}
	var nodes []*pipeline.Node
	seen := map[*pipeline.Node]bool{}
	for _, r := range p.Runs {
		if !a.names(r) {
			continue
		}
		for _, n := range []*pipeline.Node{r.Adapt, r.Evaluate} {
			if !seen[n] {
				seen[n] = true
				nodes = append(nodes, n)
			}
		}
	}
	if len(nodes) == 0 {
		return nil, fmt.Errorf("no run is named %s; runexp plan lists them", address)
	}
	return nodes, nil
}
