package results

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ExportMLflow writes the folder layout of MLflow's file store: one experiment
// per experiment, one run per member, its metrics, parameters and curve. Times
// of metrics are the invocation's start, because the database keeps no others.
// The folder may hold other experiments of MLflow; exported again, the same runs
// take their own places.
func (s *Store) ExportMLflow(ctx context.Context, folder, experiment string) error {
	invocations, err := s.Invocations(ctx, experiment)
	if err != nil {
		return err
	}
	root, err := filepath.Abs(folder) // MLflow keeps addresses of artifacts as absolute ones
	if err != nil {
		return fmt.Errorf("export mlflow: %w", err)
	}
	created := map[string]int64{}
	for _, inv := range invocations {
		if _, known := created[inv.Experiment]; !known {
			created[inv.Experiment] = inv.Started.UnixMilli()
		}
		home := filepath.Join(root, mlflowID("experiment", inv.Experiment)[:18])
		meta := mlflowMeta(map[string]any{
			"artifact_location": fileURI(home), "creation_time": created[inv.Experiment], "experiment_id": filepath.Base(home),
			"last_update_time": inv.Started.UnixMilli(), "lifecycle_stage": "active", "name": inv.Experiment,
		})
		if err := writeFile(filepath.Join(home, "meta.yaml"), meta); err != nil {
			return fmt.Errorf("export mlflow: %w", err)
		}
		all, err := s.Members(ctx, inv.ID)
		if err != nil {
			return err
		}
		for _, m := range all {
			if err := s.mlflowRun(ctx, home, inv, m); err != nil {
				return fmt.Errorf("export mlflow: %w", err)
			}
		}
	}
	return nil
}

func (s *Store) mlflowRun(ctx context.Context, home string, inv Invocation, m Member) error {
	id := mlflowID("run", inv.ID, m.Dataset, m.Model, m.Configuration, m.Condition, strconv.FormatInt(m.Seed, 10))[:32]
	start, end := inv.Started.UnixMilli(), inv.Finished.UnixMilli()
	if inv.Finished.IsZero() {
		end = start
	}
	status := 3 // finished
	if m.Action == "" {
		status = 4 // failed
	}
	files := map[string]string{
		"meta.yaml": mlflowMeta(map[string]any{
			"artifact_uri": fileURI(filepath.Join(home, id, "artifacts")), "end_time": end, "entry_point_name": "", "experiment_id": filepath.Base(home),
			"lifecycle_stage": "active", "run_id": id, "run_name": m.Configuration, "run_uuid": id, "source_name": "", "source_type": 4, "source_version": "",
			"start_time": start, "status": status, "tags": []string{}, "user_id": "",
		}),
		"tags/mlflow.runName": m.Configuration,
		"tags/status":         m.Status,
		"tags/invocation":     inv.ID,
		"tags/action":         m.Action,
		"params/dataset":      m.Dataset,
		"params/model":        m.Model,
		"params/method":       m.Method,
		"params/condition":    m.Condition,
		"params/seed":         strconv.FormatInt(m.Seed, 10),
		"params/selected":     strconv.FormatBool(m.Selected),
	}
	if m.Action != "" {
		run, err := s.load(ctx, m.Action, m.Seed)
		if err != nil {
			return err
		}
		for _, k := range run.Metrics {
			name := "metrics/" + mlflowName(k.Split+"."+k.Name)
			if k.Slice != "all" {
				name = "metrics/" + mlflowName(k.Split+"."+k.Slice+"."+k.Name)
			}
			files[name] += fmt.Sprintf("%d %s 0\n", start, mlflowNumber(k.Value))
		}
		for _, p := range run.Curve {
			files["metrics/"+mlflowName("training."+p.Name)] += fmt.Sprintf("%d %s %d\n", start, mlflowNumber(p.Value), p.Step)
		}
		for name, v := range map[string]float64{
			"trainable_params": float64(run.TrainableParams), "stored_bytes": float64(run.StoredBytes),
			"train_seconds": run.TrainSeconds, "peak_bytes": float64(run.PeakBytes),
		} {
			files["metrics/cost."+name] = fmt.Sprintf("%d %s 0\n", start, mlflowNumber(v))
		}
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(home, id, filepath.FromSlash(name)), content); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(home, id, "artifacts"), 0o777)
}

func mlflowID(parts ...string) string {
	c := newCanon()
	c.text(parts...)
	return c.hex()
}

// mlflowName keeps the letters MLflow allows in a metric's name, and only
// those: the name becomes a file.
func mlflowName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r < 128 && (r == '_' || r == '.' || r == '-' || r == ' ' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '-'
	}, name)
	if len(clean) > 200 {
		clean = clean[:167] + "-" + mlflowID(name)[:32]
	}
	return clean
}

func mlflowNumber(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'g', -1, 64)), "+")
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// mlflowMeta writes a YAML mapping, keys sorted. Values are JSON, which YAML
// includes: quoted text is never taken for a number.
func mlflowMeta(fields map[string]any) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, err := json.Marshal(fields[key])
		if err != nil {
			panic("results: no JSON form: " + err.Error())
		}
		fmt.Fprintf(&b, "%s: %s\n", key, value)
	}
	return b.String()
}

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o666)
}
