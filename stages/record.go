package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"runexp/internal/stats"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/results"
)

// recordEvaluation stores one evaluation under one seed. measured are the
// figures of the adaptation's record.
func recordEvaluation(ctx context.Context, store *results.Store, entry *cache.Entry, e *Evaluation, measured map[string]string, seed int64, drawless bool) error {
	row := results.Run{
		Action: entry.Action().String(), Seed: seed, Output: entry.Output().String(), Status: e.Status, Detail: e.Detail, Drawless: drawless,
		TrainableParams: e.Trainable, HeadParams: e.Head, TotalParams: e.Total, StoredBytes: e.Stored, Steps: int64(e.Train.Steps),
	}
	var peak float64
	for name, to := range map[string]*float64{infoSeconds: &row.TrainSeconds, infoRate: &row.TokensPerSecond, infoPeak: &peak} {
		var err error
		if *to, err = measurement(measured, name); err != nil {
			return fmt.Errorf("record %s: %w", entry.Address(), err)
		}
	}
	row.PeakBytes = int64(peak)
	metrics := make([]results.Metric, len(e.Metrics))
	for i, m := range e.Metrics {
		metrics[i] = results.Metric{Split: m.Split, Slice: m.Slice, Name: m.Name, Value: m.Value, N: int64(m.N), Flag: m.Flag}
	}
	var outcomes []results.Outcomes
	for _, o := range e.Outcomes {
		outcomes = append(outcomes, results.Outcomes{Split: o.Split, Labels: e.Labels, Rows: &stats.Rows{
			IDs: o.IDs, Slices: o.Slices, Gold: o.Gold, Pred: o.Pred, Score: o.Score, Weight: o.Weight, Probs: o.Probs,
		}})
	}
	return store.Record(ctx, row, metrics, outcomes, curve(e))
}

// curve lists the points of a training curve.
func curve(e *Evaluation) []results.Point {
	var points []results.Point
	for _, p := range e.Train.Curve {
		if p.Scored {
			points = append(points, results.Point{Name: "dev_score", Step: int64(p.Step), Value: p.Score})
		} else {
			points = append(points,
				results.Point{Name: "train_loss", Step: int64(p.Step), Value: p.Loss},
				results.Point{Name: "learning_rate", Step: int64(p.Step), Value: p.LearningRate})
		}
	}
	return points
}

// measurement is one of the figures beside an adaptation; 0 where a method has none.
func measurement(measured map[string]string, name string) (float64, error) {
	text, there := measured[name]
	if !there {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q is no number", name, text)
	}
	return v, nil
}

// Members lists the runs of an invocation in the order of the file, with the
// selected configuration of each family marked.
func Members(plan *Plan, summary *pipeline.Summary) ([]ArchivedRun, []Choice, error) {
	choices, err := choose(plan, FromSummary(summary))
	if err != nil {
		return nil, nil, err
	}
	selected := map[string]string{}
	for _, c := range choices {
		selected[c.family] = c.Configuration
	}
	members := make([]ArchivedRun, len(plan.Runs))
	for i, r := range plan.Runs {
		m := results.Member{
			Position: i, Dataset: r.Dataset.Name, Model: r.ModelName(), Method: r.Method.Type, Block: r.Method.Name,
			Configuration: r.Point.Name, Condition: r.Condition, Seed: int64(r.Seed), Selected: selected[r.family()] == r.Point.Name,
		}
		m.Status, m.Detail, m.Action, err = memberStatus(summary.Of(r.Evaluate))
		if err != nil {
			return nil, nil, err
		}
		members[i] = ArchivedRun{Member: m, Drawless: !r.Draws}
		if adapt := summary.Of(r.Adapt); adapt != nil && adapt.Entry != nil {
			members[i].Measured = adapt.Entry.Info()
		}
	}
	return members, choices, nil
}

func memberStatus(res *pipeline.Result) (status, detail, action string, err error) {
	switch {
	case res == nil:
		return "pending", "", "", nil
	case res.Status == pipeline.Cached || res.Status == pipeline.Ran:
		e := &Evaluation{}
		if err := readJSON(res.Entry, evaluationFile, e); err != nil {
			return "", "", "", err
		}
		return e.Status, e.Detail, res.Entry.Action().String(), nil
	case res.Status == pipeline.Skipped && res.Because != nil:
		return "skipped", fmt.Sprintf("because %s failed: %v", res.Because.Addr, res.Err), "", nil
	case res.Err != nil:
		return res.Status.String(), res.Err.Error(), "", nil
	}
	return res.Status.String(), "", "", nil
}

// A Choice is how a family's configuration was selected.
type Choice struct {
	Dataset, Model, Condition, Block string
	Configuration                    string // "" if none could win
	Score                            float64
	Tried                            int
	Ties, Barred                     []string
	family                           string
}

// Entries finds the output of a node; nil where it is not known.
type Entries func(*pipeline.Node) *cache.Entry

// FromSummary looks outputs up in what an executor did.
func FromSummary(s *pipeline.Summary) Entries {
	return func(n *pipeline.Node) *cache.Entry {
		if r := s.Of(n); r != nil && (r.Status == pipeline.Cached || r.Status == pipeline.Ran) {
			return r.Entry
		}
		return nil
	}
}

// FromPlan looks outputs up in what an executor would do.
func FromPlan(items []pipeline.PlanItem) Entries {
	known := map[*pipeline.Node]*cache.Entry{}
	for _, it := range items {
		if it.Status == pipeline.PlanCached {
			known[it.Node] = it.Entry
		}
	}
	return func(n *pipeline.Node) *cache.Entry { return known[n] }
}

// choose selects a configuration in every family, by the rule of Pick.
func choose(plan *Plan, known Entries) ([]Choice, error) {
	var order []string
	families := map[string][]*Run{}
	for _, r := range plan.Runs {
		if families[r.family()] == nil {
			order = append(order, r.family())
		}
		families[r.family()] = append(families[r.family()], r)
	}
	var choices []Choice
	for _, f := range order {
		runs := families[f]
		c := Choice{Dataset: runs[0].Dataset.Name, Model: runs[0].ModelName(), Condition: runs[0].Condition, Block: runs[0].Method.Name, family: f}
		list, err := candidates(runs, known)
		if err != nil {
			return nil, err
		}
		c.Tried = len(list)
		for _, k := range list {
			if k.unusable {
				c.Barred = append(c.Barred, k.name)
			}
		}
		if best := selectCandidate(list); best >= 0 {
			c.Configuration, c.Score = list[best].name, list[best].mean()
			for i := range list {
				if i != best && !list[i].unusable && len(list[i].scores) > 0 && list[i].mean() == c.Score {
					c.Ties = append(c.Ties, list[i].name)
				}
			}
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// candidates gathers the seeds of each configuration of a family.
func candidates(runs []*Run, known Entries) ([]candidate, error) {
	var list []candidate
	seen := map[*pipeline.Node]bool{}
	top := 0
	for _, r := range runs {
		top = max(top, r.rung)
	}
	for _, r := range runs {
		if r.rung < top {
			continue // stopped by successive halving
		}
		i := slices.IndexFunc(list, func(c candidate) bool { return c.name == r.Point.Name })
		if i < 0 {
			i = len(list)
			list = append(list, candidate{name: r.Point.Name})
		}
		if seen[r.Evaluate] {
			continue
		}
		seen[r.Evaluate] = true
		entry := known(r.Evaluate)
		if entry == nil {
			list[i].unusable = true
			continue
		}
		e := &Evaluation{}
		if err := readJSON(entry, evaluationFile, e); err != nil {
			return nil, err
		}
		list[i].add(e, r.Dataset.Metric)
	}
	return list, nil
}

// marshalFacts is the document of an invocation.
func marshalFacts(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("describe invocation: %w", err)
	}
	return text, nil
}
