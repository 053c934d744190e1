package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"runexp/pipeline/config"
)

func validateCommand(s *streams) *cobra.Command {
	f := &experimentFlags{sources: true}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "validate FILE…", Short: "Check experiment files and say everything that is wrong", Args: atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				return validateJSON(s, f, args)
			}
			plan, err := f.compile(s, args)
			if err != nil {
				return err
			}
			printf(s.out, "%s: %d runs in %d nodes\n", plan.Experiment.Name, len(plan.Runs), len(plan.Graph.Nodes()))
			return nil
		},
	}
	f.register(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// validateJSON prints the mistakes and, if the files are right, what they ask
// for, as one object.
func validateJSON(s *streams, f *experimentFlags, files []string) error {
	found := struct {
		Experiment  string           `json:"experiment,omitempty"`
		Runs        int              `json:"runs"`
		Nodes       int              `json:"nodes"`
		Diagnostics []config.Mistake `json:"diagnostics"`
	}{Diagnostics: []config.Mistake{}}
	f.diagnose = func(d hcl.Diagnostics) error {
		found.Diagnostics = config.Mistakes(d)
		return nil
	}
	plan, err := f.compile(s, files)
	if err != nil && len(found.Diagnostics) == 0 {
		return err
	}
	if err == nil {
		found.Experiment, found.Runs, found.Nodes = plan.Experiment.Name, len(plan.Runs), len(plan.Graph.Nodes())
	}
	if err := printJSON(s.out, found); err != nil {
		return err
	}
	return err
}

func formatCommand(s *streams) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "fmt FILE…", Short: "Lay experiment files out in the standard way", Args: atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error {
			parser := config.NewParser()
			differs := false
			for _, path := range args {
				src, err := os.ReadFile(path)
				if err != nil {
					return invalid(err)
				}
				out, diags := parser.Format(path, src)
				if diags.HasErrors() {
					if err := parser.WriteDiagnostics(s.err, diags, colour(s.err)); err != nil {
						return err
					}
					return &exitError{exitInvalid, nil}
				}
				if bytes.Equal(src, out) {
					continue
				}
				differs = true
				printf(s.out, "%s\n", path)
				if check {
					continue
				}
				if err := os.WriteFile(path, out, 0o666); err != nil {
					return fmt.Errorf("format %s: %w", path, err)
				}
			}
			if check && differs {
				return &exitError{exitFailed, nil}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only name the files that would change, with status 1")
	return cmd
}
