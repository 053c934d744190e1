package record

import (
	"context"
	"fmt"
	"slices"

	"runexp/pipeline/cache"
	"runexp/results"
	"runexp/stages/work"
)

// An Archive is an invocation as the cache keeps it: which runs it had, under
// which names, and what the report says besides numbers. With the evaluations
// that lie in the cache beside it, it is all that the database holds, so the
// database can be made again.
type Archive struct {
	Invocation results.Invocation `json:"invocation"`
	Runs       []ArchivedRun      `json:"runs"`
}

// ArchivedRun is a member of an invocation, with the measured figures of its
// adaptation.
type ArchivedRun struct {
	results.Member
	Drawless bool              `json:"drawless"`
	Measured map[string]string `json:"measured"`
}

const archiveFile = "invocation.json"

// archiveStage is the name under which archives lie in the cache.
const archiveStage = "invocation"

// Save commits the archive to the cache.
func (a *Archive) Save(store *cache.Store) error {
	dir, err := store.TempDir()
	if err != nil {
		return fmt.Errorf("save invocation %s: %w", a.Invocation.ID, err)
	}
	if err := cache.WriteJSON(dir, archiveFile, a); err != nil {
		return err
	}
	r := a.recipe()
	_, err = store.Commit(r.ID(), r.Text(), dir, map[string]string{cache.InfoAddress: archiveStage + " " + a.Invocation.ID})
	if err != nil {
		return fmt.Errorf("save invocation %s: %w", a.Invocation.ID, err)
	}
	return nil
}

// recipe makes one archive of one invocation.
func (a *Archive) recipe() *cache.Recipe {
	r := cache.NewRecipe(archiveStage, 1, "")
	r.Struct("invocation", struct{ ID string }{a.Invocation.ID})
	return r
}

// Record puts the archive into the database: its runs from the evaluations in
// the cache, the invocation, and its aggregates. Doing it twice is harmless.
func (a *Archive) Record(ctx context.Context, db *results.Store, store *cache.Store) error {
	members := make([]results.Member, len(a.Runs))
	for i, r := range a.Runs {
		members[i] = r.Member
		if r.Action == "" {
			continue
		}
		if err := r.record(ctx, db, store); err != nil {
			return fmt.Errorf("record %s on %s/%s seed %d: %w", r.Configuration, r.Model, r.Dataset, r.Seed, err)
		}
	}
	if err := db.Begin(ctx, a.Invocation); err != nil {
		return err
	}
	if err := db.SetMembers(ctx, a.Invocation.ID, members); err != nil {
		return err
	}
	return db.Aggregate(ctx, a.Invocation.ID)
}

func (r *ArchivedRun) record(ctx context.Context, db *results.Store, store *cache.Store) error {
	action, err := cache.ParseID(r.Action)
	if err != nil {
		return err
	}
	entry, err := store.Lookup(action)
	if err != nil {
		return err
	}
	if known, err := db.Run(ctx, r.Action, r.Seed); err == nil && known.Output == entry.Output().String() {
		return nil // recorded before, and intact: the database checks itself when it is opened
	}
	e, err := work.ReadEvaluation(entry)
	if err != nil {
		return err
	}
	if e.Outcomes, err = work.ReadOutcomes(entry); err != nil {
		return err
	}
	return recordEvaluation(ctx, db, entry, e, r.Measured, r.Seed, r.Drawless)
}

// Rebuild records every archive of the cache, oldest first, and returns how
// many there were. An archive whose evaluations are gone is reported in lost
// and left out.
func Rebuild(ctx context.Context, db *results.Store, store *cache.Store) (recorded int, lost []error, err error) {
	archives, lost, err := archivesOf(store)
	if err != nil {
		return 0, nil, err
	}
	for _, a := range archives {
		if err := a.Record(ctx, db, store); err != nil {
			lost = append(lost, fmt.Errorf("invocation %s: %w", a.Invocation.ID, err))
			continue
		}
		recorded++
	}
	return recorded, lost, nil
}

// archivesOf reads the archives of a cache, oldest first. One that cannot be
// read is reported in lost and left out.
func archivesOf(store *cache.Store) (archives []*Archive, lost []error, err error) {
	for entry, err := range store.Entries() {
		if err != nil {
			return nil, nil, err
		}
		if has, err := entry.Has(archiveFile); err != nil {
			lost = append(lost, err)
			continue
		} else if !has {
			continue
		}
		a := &Archive{}
		if err := entry.ReadJSON(archiveFile, a); err != nil {
			lost = append(lost, err)
			continue
		}
		archives = append(archives, a)
	}
	slices.SortFunc(archives, func(a, b *Archive) int {
		if c := a.Invocation.Started.Compare(b.Invocation.Started); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.Invocation.ID), []byte(b.Invocation.ID))
	})
	return archives, lost, nil
}

// Reported lists the actions that the last report of each experiment stands
// on: its archive and its evaluations. With them the database can be made again.
func Reported(store *cache.Store) (map[cache.ID]bool, error) {
	archives, _, err := archivesOf(store)
	if err != nil {
		return nil, err
	}
	last := map[string]*Archive{}
	for _, a := range archives {
		last[a.Invocation.Experiment] = a
	}
	all := map[cache.ID]bool{}
	for _, a := range last {
		all[a.recipe().ID()] = true
		for _, r := range a.Runs {
			if action, err := cache.ParseID(r.Action); err == nil {
				all[action] = true
			}
		}
	}
	return all, nil
}
