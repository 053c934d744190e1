package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"runexp/results"
	"runexp/stages"
)

func reportCommand(s *streams) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "report EXPERIMENT", Short: "Write the report again from the database", Args: exactly(1),
		Long: "Writes the report of the newest invocation. An invocation of a part of the runs (-only, -seeds) does not replace the\n" +
			"report of one of all runs: its own lies beside it, in the folder " + stages.PartialFolder + ".",
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
			folder, err := stages.ReportFolder(cmd.Context(), db, inv.ID, dir)
			if err != nil {
				return err
			}
			if err := stages.WriteReport(cmd.Context(), db, inv.ID, folder); err != nil {
				return err
			}
			printf(s.out, "%s\n", filepath.Join(folder, "report.md"))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database and the reports")
	return cmd
}
