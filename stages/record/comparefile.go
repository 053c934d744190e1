package record

import (
	"context"
	"fmt"

	"runexp/results"
	"runexp/stages"
	"runexp/stages/work"
)

// resultOf is a stored run: an action of the cache under a seed.
type resultOf struct {
	action string
	seed   int64
}

// FileOperand finds the last invocation that ran a file as it stands: all of its
// runs with the settings that they have now, and no others. known looks results up
// in the cache, command is what runs the file.
func FileOperand(ctx context.Context, db *results.Store, plan *stages.Plan, known stages.Entries, name, command string, address *stages.Address) (Operand, error) {
	o := Operand{Name: name, Address: address}
	want := map[resultOf]bool{}
	for _, r := range plan.Runs {
		entry := known(r.Evaluate)
		if entry == nil {
			return o, work.InputError(fmt.Sprintf("%s as it stands has no result of %s; run it first: %s", name, r.Addr(), command))
		}
		want[resultOf{entry.Action().String(), int64(r.Seed)}] = true
	}
	all, err := db.Invocations(ctx, plan.Experiment.Name)
	if err != nil {
		return o, err
	}
	for k := len(all) - 1; k >= 0; k-- {
		members, err := db.Members(ctx, all[k].ID)
		if err != nil {
			return o, err
		}
		if len(members) == len(plan.Runs) && containsAll(want, members) {
			o.Invocation = all[k]
			return o, nil
		}
	}
	return o, work.InputError(fmt.Sprintf("%s has no invocation of %s as it stands; this records one: %s", db.Path(), name, command))
}

func containsAll(want map[resultOf]bool, members []results.Member) bool {
	for _, m := range members {
		if !want[resultOf{m.Action, m.Seed}] {
			return false
		}
	}
	return true
}
