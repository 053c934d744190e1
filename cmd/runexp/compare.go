package main

import (
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
				err = printJSON(s.out, c)
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
	jsonFlag(cmd, &asJSON)
	return cmd
}

func historyCommand(s *streams) *cobra.Command {
	var dir, metric string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "history EXPERIMENT", Short: "Show a metric over the invocations of an experiment", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			metric, points, err := stages.History(cmd.Context(), db, args[0], metric)
			if err != nil {
				return err
			}
			if asJSON {
				return historyJSON(s, metric, points)
			}
			return report.Markdown(s.out, report.History(args[0], metric, points))
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database")
	cmd.Flags().StringVar(&metric, "metric", "", "the metric (default: the data set's own)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// historyJSON prints one object per invocation, configuration and split, the
// oldest invocation first.
func historyJSON(s *streams, metric string, points []report.HistoryPoint) error {
	type point struct {
		Invocation    string   `json:"invocation"`
		Started       string   `json:"started"`
		Dataset       string   `json:"dataset"`
		Model         string   `json:"model"`
		Configuration string   `json:"configuration"`
		Condition     string   `json:"condition,omitempty"`
		Split         string   `json:"split"`
		Metric        string   `json:"metric"`
		Seeds         int      `json:"n_seeds"`
		Mean          *float64 `json:"mean"`
		SD            *float64 `json:"sd"`
		Low           *float64 `json:"ci_low"`
		High          *float64 `json:"ci_high"`
	}
	list := make([]point, len(points))
	for i, p := range points {
		list[i] = point{p.Invocation, p.Started, p.Dataset, p.Model, p.Configuration, p.Condition, p.Split, metric,
			p.Seeds, finite(p.Mean), finite(p.SD), finite(p.Low), finite(p.High)}
	}
	return printJSON(s.out, list)
}
