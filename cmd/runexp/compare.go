package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"runexp/internal/report"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/record"
)

// comparing is a comparison that is being asked for.
type comparing struct {
	experimentFlags
	s  *streams
	db *results.Store
}

func compareCommand(s *streams) *cobra.Command {
	f := &comparing{s: s}
	var gate, asJSON bool
	cmd := &cobra.Command{
		Use: "compare A B", Short: "Compare two invocations, files or configurations, paired on rows and seeds",
		Long: `A and B are each one of

  an invocation's id, an experiment or its results folder (its last invocation), or NAME~1, the one before the last;
  an experiment file: the last invocation that ran it as it stands;
  one of these with a configuration after a colon, legal:method.lora[rank=8]@base/clauses#2. Left out, the configuration
  is the selected one and the seeds are all of them; the model must be the only one, or the candidates are listed. Data
  sets and conditions left out are paired by name.

Changes are B minus A. With -gate, B's gate block decides: a significant regression ends with status 6.`,
		Example: "  runexp compare -gate nightly~1 nightly\n  runexp compare -json experiments/legal.hcl legal2.hcl\n" +
			"  runexp compare legal:method.full legal:method.lora",
		Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.compare(cmd.Context(), args[0], args[1], gate)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(s.out, c)
			} else {
				err = printDocument(s.out, c.Document())
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
	cmd.Flags().StringVar(&f.results, "results", "results", "folder of the database")
	cmd.Flags().StringVar(&f.cache, "cache", ".runexp", "folder of the cache, where files are compared")
	cmd.Flags().StringArrayVar(&f.vars, "var", nil, "give a variable of the files a value, name=value")
	cmd.Flags().BoolVar(&gate, "gate", false, "fail with status 6 on a significant regression")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (f *comparing) compare(ctx context.Context, a, b string, gate bool) (*report.Compared, error) {
	before, err := parseSide(a)
	if err != nil {
		return nil, err
	}
	after, err := parseSide(b)
	if err != nil {
		return nil, err
	}
	switch {
	case (before.address == nil) != (after.address == nil):
		return nil, usage("compare %s %s: a configuration is compared with a configuration, and an invocation with an invocation", a, b)
	case len(f.vars) > 0 && !before.isFile() && !after.isFile():
		return nil, usage("-var: neither %s nor %s is an experiment file", a, b)
	}
	if f.db, err = results.OpenReadOnly(filepath.Join(f.results, "runexp.db")); err != nil {
		return nil, err
	}
	defer f.db.Close()
	older, err := f.operand(ctx, before)
	if err != nil {
		return nil, err
	}
	newer, err := f.operand(ctx, after)
	if err != nil {
		return nil, err
	}
	return record.Compare(ctx, f.db, older, newer, gate)
}

// side is A or B as it was typed.
type side struct {
	text    string
	name    string // invocation, experiment, folder or file
	address *stages.Address
}

// parseSide reads NAME or NAME:ADDRESS.
func parseSide(text string) (side, error) {
	name, address, ok := strings.Cut(text, ":method.")
	if !ok {
		return side{text, text, nil}, nil
	}
	a, err := stages.ParseAddress("method." + address)
	if err != nil {
		return side{}, usage("%v", err)
	}
	return side{text, name, &a}, nil
}

func (o side) isFile() bool { return filepath.Ext(o.name) == ".hcl" }

// operand finds the invocation that a side means.
func (f *comparing) operand(ctx context.Context, o side) (record.Operand, error) {
	if !o.isFile() {
		return record.StoredOperand(ctx, f.db, o.name, o.address)
	}
	p, err := f.planned(f.s, []string{o.name})
	if err != nil {
		return record.Operand{}, err
	}
	defer p.store.Close()
	return record.FileOperand(ctx, f.db, p.plan, stages.FromPlan(p.items), o.name, f.command([]string{o.name}), o.address)
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
			metric, points, err := record.History(cmd.Context(), db, args[0], metric)
			if err != nil {
				return err
			}
			if asJSON {
				return historyJSON(s, metric, points)
			}
			return printDocument(s.out, report.History(args[0], metric, points))
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
