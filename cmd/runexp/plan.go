package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"runexp/pipeline"
)

func planCommand(s *streams) *cobra.Command {
	f := &experimentFlags{}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "plan FILE…", Short: "Show what would run, what is cached, and why", Args: atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.planned(s, args)
			if err != nil {
				return err
			}
			defer p.store.Close()
			if asJSON {
				return planJSON(s, p.items)
			}
			counts, width := map[pipeline.PlanStatus]int{}, terminalWidth(s.out)
			for _, it := range p.items {
				counts[it.Status]++
				printf(s.out, "%s\n", fitLine(fmt.Sprintf("%-7s %s", it.Status, it.Node.Addr), planReason(it), width))
			}
			printf(s.out, "\n%d nodes: %d cached, %d to run, %d known later.\n", len(p.items), counts[pipeline.PlanCached], counts[pipeline.PlanRun], counts[pipeline.PlanAfter])
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the nodes as JSON")
	return cmd
}

func planReason(it pipeline.PlanItem) string {
	switch {
	case it.Status == pipeline.PlanAfter && it.After != nil:
		return "(after " + it.After.Addr + ")"
	case it.Status == pipeline.PlanRun && it.Reason != "":
		return "(" + it.Reason + ")"
	}
	return ""
}

func planJSON(s *streams, items []pipeline.PlanItem) error {
	type item struct {
		Node    string   `json:"node"`
		Stage   string   `json:"stage"`
		Status  string   `json:"status"`
		Action  string   `json:"action,omitempty"`
		After   string   `json:"after,omitempty"`
		Reason  string   `json:"reason,omitempty"`
		Changes []string `json:"changes,omitempty"`
		Memory  int64    `json:"memory_bytes,omitempty"`
		Seconds float64  `json:"seconds,omitempty"`
		Inputs  []string `json:"inputs,omitempty"`
	}
	list := make([]item, len(items))
	for i, it := range items {
		x := item{Node: it.Node.Addr, Stage: it.Node.Stage.Name(), Status: it.Status.String(), Reason: it.Reason,
			Memory: it.Node.Weight.MemoryBytes, Seconds: it.Node.Weight.Seconds}
		if it.After != nil {
			x.After = it.After.Addr
		} else {
			x.Action = it.Action.String()
		}
		for _, c := range it.Changes {
			x.Changes = append(x.Changes, c.String())
		}
		for _, in := range it.Node.Inputs {
			x.Inputs = append(x.Inputs, in.Node.Addr)
		}
		list[i] = x
	}
	return printJSON(s.out, list)
}

func whyCommand(s *streams) *cobra.Command {
	f := &experimentFlags{}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "why FILE ADDRESS", Short: "Show the fields that make a node run again", Args: exactly(2), ValidArgsFunction: f.addresses(s),
		Example: "  runexp why experiments/legal.hcl method.lora@base/clauses#1\n  runexp why experiments/legal.hcl 'pretrain base'",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.planned(s, args[:1])
			if err != nil {
				return err
			}
			defer p.store.Close()
			nodes, err := p.plan.Resolve(args[1])
			if err != nil {
				return usage("%v", err)
			}
			asked := slices.DeleteFunc(p.items, func(it pipeline.PlanItem) bool { return !slices.Contains(nodes, it.Node) })
			if asJSON {
				return planJSON(s, asked)
			}
			for _, it := range asked {
				printWhy(s, it)
			}
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the nodes as JSON, as plan does")
	return cmd
}

func printWhy(s *streams, it pipeline.PlanItem) {
	switch it.Status {
	case pipeline.PlanCached:
		printf(s.out, "%s is cached: action %s\n", it.Node.Addr, it.Action.Short())
	case pipeline.PlanAfter:
		printf(s.out, "%s depends on %s, which has not run; whether it is cached is known afterwards\n", it.Node.Addr, it.After.Addr)
	default:
		printf(s.out, "%s would run: %s\n", it.Node.Addr, it.Reason)
		for _, c := range it.Changes {
			printf(s.out, "  %s\n", c)
		}
	}
}
