package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"runexp/pipeline/cache"
	"runexp/results"
	"runexp/stages/record"
)

func resultsCommand(s *streams) *cobra.Command {
	var dir, cacheDir, format, out, experiment string
	cmd := &cobra.Command{Use: "results", Short: "Export the database, or make it again from the cache"}
	cmd.PersistentFlags().StringVar(&dir, "results", "results", "folder of the database")

	export := &cobra.Command{
		Use: "export", Short: "Write runs and metrics as csv, jsonl or an MLflow folder",
		Long: "Prints one line per run and metric as csv or jsonl, or writes a folder that MLflow's file store reads (mlflow ui\n" +
			"--backend-store-uri FOLDER). The comparison over seeds is what \"runexp report EXPERIMENT -format csv\" prints.",
		Example: "  runexp results export -format csv > runs.csv\n  runexp results export -format mlflow -out mlruns",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			switch format {
			case "csv":
				return db.ExportCSV(cmd.Context(), s.out, experiment)
			case "jsonl":
				return db.ExportJSONL(cmd.Context(), s.out, experiment)
			case "mlflow":
				return db.ExportMLflow(cmd.Context(), out, experiment)
			}
			return usage("-format %q: want csv, jsonl or mlflow", format)
		},
	}
	export.Flags().StringVar(&format, "format", "csv", "csv, jsonl or mlflow")
	oneOf(export, "format", "csv", "jsonl", "mlflow")
	export.Flags().StringVar(&out, "out", "mlruns", "folder of the MLflow export")
	export.Flags().StringVar(&experiment, "experiment", "", "only this experiment (default: all)")

	again := &cobra.Command{
		Use: "rebuild", Short: "Record everything again that lies in the cache", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := cache.Open(cacheDir, cache.Options{ReadOnly: true})
			if err != nil {
				return err
			}
			defer store.Close()
			db, err := openResults(dir)
			if err != nil {
				return err
			}
			defer db.Close()
			return rebuild(cmd.Context(), s, db, store)
		},
	}
	again.Flags().StringVar(&cacheDir, "cache", ".runexp", "folder of the cache")
	var asJSON bool
	digest := &cobra.Command{
		Use: "digest EXPERIMENT", Short: "Print a hash over all metric rows of an experiment's last invocation, without times", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := results.OpenReadOnly(filepath.Join(dir, "runexp.db"))
			if err != nil {
				return err
			}
			defer db.Close()
			d, err := db.Digest(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(s.out, map[string]string{"experiment": args[0], "sha256": d})
			}
			printf(s.out, "%s\n", d)
			return nil
		},
	}
	jsonFlag(digest, &asJSON)
	cmd.AddCommand(export, again, digest)
	return cmd
}

// rebuild records the cache's invocations and says what could not be.
func rebuild(ctx context.Context, s *streams, db *results.Store, store *cache.Store) error {
	n, lost, err := record.Rebuild(ctx, db, store)
	if err != nil {
		return err
	}
	for _, e := range lost {
		printf(s.err, "runexp: warning: not restored: %v\n", e)
	}
	printf(s.err, "runexp: %d invocations recorded from the cache\n", n)
	return nil
}
