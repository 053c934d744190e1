package main

import (
	"context"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"runexp/internal/report"
	"runexp/results"
	"runexp/stages/record"
)

func reportCommand(s *streams) *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use: "report EXPERIMENT", Short: "Write the report again from the database, or print it for other programs",
		Long: "Writes the report of the newest invocation. An invocation of a part of the runs (-only, -seeds) does not replace the\n" +
			"report of one of all runs: its own lies beside it, in the folder " + record.PartialFolder + ".\n\n" +
			"With -format nothing is written; standard output gets the report (md, html), the comparison tables for a paper (latex,\n" +
			"for the package booktabs), or the comparison with all splits and slices, numbers in full (csv, json).",
		Example: "  runexp report legal\n  runexp report legal -format latex > comparison.tex\n  runexp report legal -format csv > comparison.csv",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			inv, err := db.Last(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if format != "" {
				return printReport(cmd.Context(), s, db, inv.ID, format)
			}
			folder, err := record.ReportFolder(cmd.Context(), db, inv.ID, dir)
			if err != nil {
				return err
			}
			if err := record.WriteReport(cmd.Context(), db, inv.ID, folder); err != nil {
				return err
			}
			printf(s.out, "%s\n", filepath.Join(folder, "report.md"))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database and the reports")
	cmd.Flags().StringVar(&format, "format", "", "print md, html, latex, csv or json instead of writing files")
	oneOf(cmd, "format", "md", "html", "latex", "csv", "json")
	return cmd
}

// printReport prints an invocation's report, or its comparison, in a format.
func printReport(ctx context.Context, s *streams, db *results.Store, invocation, format string) error {
	draw := map[string]func() error{
		"csv":  func() error { return db.ExportComparison(ctx, s.out, invocation) },
		"json": func() error { return printComparisonJSON(ctx, s.out, db, invocation) },
		"latex": func() error {
			d, err := record.Comparisons(ctx, db, invocation)
			if err != nil {
				return err
			}
			return report.LaTeX(s.out, d)
		},
	}
	for name, write := range map[string]func(io.Writer, *report.Document) error{"md": report.Markdown, "html": report.HTML} {
		draw[name] = func() error {
			d, err := record.Report(ctx, db, invocation)
			if err != nil {
				return err
			}
			return write(s.out, d)
		}
	}
	if draw[format] == nil {
		return usage("-format %q: want md, html, latex, csv or json", format)
	}
	return draw[format]()
}
