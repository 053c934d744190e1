package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"runexp/internal/show"
	"runexp/stages"
)

func paramsCommand(s *streams) *cobra.Command {
	f := &experimentFlags{}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "params FILE…", Short: "Count what each method freezes and trains", Args: atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.planned(s, args)
			if err != nil {
				return err
			}
			defer p.store.Close()
			counts, err := stages.CountParameters(p.plan, stages.FromPlan(p.items))
			if err != nil {
				return invalid(err)
			}
			if asJSON {
				return printJSON(s.out, counts)
			}
			t := newTable()
			t.AppendHeader(table.Row{"model", "data set", "method", "backbone", "frozen", "trained", "% of backbone", "head", "stored"})
			for _, c := range counts {
				t.AppendRow(table.Row{c.Model, c.Dataset, c.Configuration, show.Count(c.Backbone), show.Count(c.Frozen), show.Count(c.Trained),
					fmt.Sprintf("%.4g", 100*float64(c.Trained)/float64(c.Backbone)), show.Count(c.Head), show.Count(c.Stored)})
			}
			var right []table.ColumnConfig
			for n := 4; n <= 9; n++ {
				right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
			}
			t.SetColumnConfigs(right)
			printf(s.out, "%s\n", fitted(t, right, []int{4, 8, 9, 2, 1}, terminalWidth(s.out))) // backbone, head, stored, data set, model
			said := map[string]bool{}
			for _, c := range counts {
				if c.Asked && !said[c.Model] {
					said[c.Model] = true
					printf(s.out, "Model %s is counted with the vocabulary asked for, %s; its pretraining, which has not run, may find fewer sub-words.\n", c.Model, show.Count(int64(c.Vocabulary)))
				}
			}
			return nil
		},
	}
	f.register(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
