package main

import (
	"errors"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"runexp/pipeline/cache"
	"runexp/stages/block"
	"runexp/stages/record"
)

func cacheCommand(s *streams) *cobra.Command {
	var dir, size string
	var age time.Duration
	var asJSON bool
	cmd := &cobra.Command{Use: "cache", Short: "Look at, check and clean the cache"}
	cmd.PersistentFlags().StringVar(&dir, "cache", ".runexp", "folder of the cache")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print as JSON")
	open := func(readOnly bool, f func(*cache.Store) error) error {
		store, err := cache.Open(dir, cache.Options{ReadOnly: readOnly})
		if err != nil {
			return err
		}
		defer store.Close()
		return f(store)
	}
	statsCmd := &cobra.Command{Use: "stats", Short: "Count what the cache holds", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			return open(true, func(store *cache.Store) error {
				st, err := store.Stats()
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(s.out, st)
				}
				printf(s.out, "entries      %d\ndropped      %d\nobjects      %d\nbytes        %s\nattempts     %d\nquarantined  %d\n",
					st.Entries, st.Dropped, st.Objects, bytesText(st.Bytes), st.Attempts, st.Quarantined)
				return nil
			})
		}}
	verify := &cobra.Command{Use: "verify", Short: "Hash every object and name what is damaged (status 5)", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			return open(true, func(store *cache.Store) error {
				problems, err := store.Verify()
				if err != nil {
					return err
				}
				if err := printProblems(s, problems, asJSON); err != nil {
					return err
				}
				if len(problems) > 0 {
					return &exitError{exitIntegrity, nil}
				}
				return nil
			})
		}}
	gc := &cobra.Command{Use: "gc", Short: "Remove what is old or too much, never what a running process or the last report of an experiment needs", Args: exactly(0),
		Example: "  runexp cache gc -size 20GB -age 720h",
		RunE: func(*cobra.Command, []string) error {
			policy := cache.Policy{MaxAge: age}
			if size != "" {
				n, err := block.ParseBytes(size)
				if err != nil {
					return usage("-size: %v", err)
				}
				policy.MaxBytes = n
			}
			return open(false, func(store *cache.Store) error {
				var unknown error
				needed := sync.OnceValue(func() (all map[cache.ID]bool) { // asked under the cache's lock
					all, unknown = record.Reported(store)
					return all
				})
				policy.Keep = func(e *cache.Entry) bool { return needed()[e.Action()] || unknown != nil }
				c, err := store.GC(policy)
				if err = errors.Join(err, unknown); err != nil {
					return err
				}
				if asJSON {
					return printJSON(s.out, c)
				}
				printf(s.out, "removed %d entries, %d objects and %d attempts: %s\n", c.Entries, c.Objects, c.Attempts, bytesText(c.Bytes))
				return nil
			})
		}}
	gc.Flags().StringVar(&size, "size", "", "keep at most this much, such as 20GB")
	gc.Flags().DurationVar(&age, "age", 0, "remove what has not been used for this long")
	cmd.AddCommand(statsCmd, verify, gc)
	return cmd
}

// printProblems prints what verify found; as JSON an array, empty if all is
// well.
func printProblems(s *streams, problems []cache.Problem, asJSON bool) error {
	if !asJSON {
		for _, p := range problems {
			printf(s.out, "%s\n", p)
		}
		if len(problems) == 0 {
			printf(s.out, "everything matches its hash\n")
		}
		return nil
	}
	type problem struct {
		Kind   string `json:"kind"`
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	list := make([]problem, len(problems))
	for i, p := range problems {
		list[i] = problem{p.Kind, p.ID.String(), p.Reason}
	}
	return printJSON(s.out, list)
}
