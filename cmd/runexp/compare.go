package main

import (
	"encoding/json"
	"path/filepath"

	"github.com/spf13/cobra"

	"runexp/internal/report"
	"runexp/results"
	"runexp/stages"
)

func compareCommand(s *streams) *cobra.Command {
	var dir string
	var gate, asJSON bool
	cmd := &cobra.Command{
		Use: "compare A B", Short: "Compare two stored invocations, paired on rows and seeds",
		Long: "A and B are ids of invocations, experiments or results folders (their last invocation), or NAME~1 for the\n" +
			"invocation before the last. With -gate, B's gate block decides: a significant regression ends with status 6.",
		Example: "  runexp compare nightly~1 nightly -gate\n  runexp compare -json legal~1 legal",
		Args:    exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			c, err := stages.CompareInvocations(cmd.Context(), db, args[0], args[1], gate)
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(s.out)
				e.SetIndent("", "  ")
				err = e.Encode(c)
			} else {
				err = report.Markdown(s.out, c.Document())
			}
			if err != nil {
				return err
			}
			if c.Failed {
				return &exitError{exitGate, nil}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database")
	cmd.Flags().BoolVar(&gate, "gate", false, "fail with status 6 on a significant regression")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func historyCommand(s *streams) *cobra.Command {
	var dir, metric string
	cmd := &cobra.Command{
		Use: "history EXPERIMENT", Short: "Show a metric over the invocations of an experiment", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			d, err := stages.History(cmd.Context(), db, args[0], metric)
			if err != nil {
				return err
			}
			return report.Markdown(s.out, d)
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database")
	cmd.Flags().StringVar(&metric, "metric", "", "the metric (default: the data set's own)")
	return cmd
}
