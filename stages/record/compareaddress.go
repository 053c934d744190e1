package record

import (
	"context"
	"fmt"
	"strings"

	"runexp/internal/report"
	"runexp/internal/stats"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/work"
)

// compareConfigurations pairs the configurations that two addresses name.
func compareConfigurations(ctx context.Context, db *results.Store, a, b Operand, f *report.Facts, gate *report.GateFacts) (*report.Compared, error) {
	before, err := a.side(ctx, db)
	if err != nil {
		return nil, err
	}
	after, err := b.side(ctx, db)
	if err != nil {
		return nil, err
	}
	c := report.CompareConfigurations(before, after, f, gate)
	if len(c.Pairs) == 0 {
		return nil, work.InputError(fmt.Sprintf("%s and %s have no data set and condition in common: %s", before.Name, after.Name, strings.Join(c.Warnings, "; ")))
	}
	return c, nil
}

// side reads the entries that an operand's address names, with their rows. On one
// data set and condition it must name one: a configuration left out is the selected
// one, a model left out the only one. A seed left out is all of them.
func (o Operand) side(ctx context.Context, db *results.Store) (report.Side, error) {
	member := func(m results.Member) bool { return names(o.Address, m) }
	study, err := db.StudyOf(ctx, o.Invocation.ID, member)
	if err != nil {
		return report.Side{}, err
	}
	asked := o.Name + ":" + o.Address.String()
	side := report.Side{Name: o.Invocation.ID + ":" + o.Address.String(), Warnings: study.Warnings}
	taken := map[[2]string]bool{}
	ambiguous := false
	var named, all []string
	for _, e := range study.Entries {
		all = append(all, entryAddress(e))
		if !member(memberOf(e)) {
			continue
		}
		named = append(named, entryAddress(e))
		place := [2]string{e.Dataset, e.Condition}
		ambiguous = ambiguous || taken[place]
		taken[place] = true
		if o.Address.Seed >= 0 {
			if e = e.OfSeed(int64(o.Address.Seed)); e == nil {
				return side, work.InputError(fmt.Sprintf("%s: invocation %s has no seed %d", asked, o.Invocation.ID, o.Address.Seed))
			}
		}
		side.Entries = append(side.Entries, e)
	}
	switch {
	case len(named) == 0:
		return side, work.InputError(fmt.Sprintf("%s names no run of invocation %s, which has %s", asked, o.Invocation.ID, strings.Join(all, ", ")))
	case ambiguous:
		return side, work.InputError(fmt.Sprintf("%s names several: %s", asked, strings.Join(named, ", ")))
	}
	return side, nil
}

func memberOf(e *stats.Entry) results.Member {
	return results.Member{Block: e.Block, Configuration: e.Configuration, Dataset: e.Dataset, Model: e.Model, Condition: e.Condition, Selected: e.Selected}
}

// entryAddress is the address of a stored entry, without a seed.
func entryAddress(e *stats.Entry) string {
	return stages.RunGroup(e.Configuration, e.Model, e.Dataset, e.Condition)
}

// names reports whether the address names a stored run.
func names(a *stages.Address, m results.Member) bool {
	switch {
	case a.Method != m.Block:
		return false
	case a.Configuration == "" && !m.Selected, a.Configuration != "" && a.Method+a.Configuration != m.Configuration:
		return false
	case a.Placed && (a.Dataset != m.Dataset || a.Model != m.Model):
		return false
	}
	return a.Condition == "" || a.Condition == m.Condition
}
