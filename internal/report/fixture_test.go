package report

import (
	"fmt"
	"math"
	"math/rand/v2"

	"runexp/internal/stats"
)

// fixture is a small experiment with planted properties: on test_id full
// fine-tuning is best, under shift it falls below LoRA; the baseline is worse
// than both; one configuration diverged.
func fixture() (*Facts, *stats.Study) { return fixtureOf(1) }

// fixtureOf is the fixture with one row in so many.
func fixtureOf(thin int) (*Facts, *stats.Study) {
	f := &Facts{
		Question: "Which adaptation survives the move from general to legal English?",
		Seeds:    []int64{1, 2, 3}, Select: "dev",
		Models: []ModelFacts{{"base", "pretrained here on generated general text.", 1_234_567, 4000}},
		Datasets: []DatasetFacts{{
			Name: "clauses", Task: "classification", Metric: "macro_f1", Source: "Generated sentences.", Labels: []string{"duty", "right", "ban"},
			RowsIn: 1000, Rejected: []Count{{"no label", 3}}, Dropped: []Count{{"domain = poetry", 7}},
			Splits: []SplitFacts{
				{"train", 600, 12, 21.5, []int{200, 300, 100}}, {"dev", 90, 1, 21, []int{30, 40, 20}},
				{"test_id", 120, 0, 22, []int{40, 50, 30}}, {"test_shift", 180, 20, 31.2, []int{100, 50, 30}},
			},
			Shift:   &ShiftFacts{"temporal", "trained on the years up to 2000, tested on later ones."},
			Leakage: []Count{{"test rows whose text is in the training rows", 0}},
		}},
		Methods: []MethodFacts{{"lora", "lora", "trains two thin matrices beside each query and value."}},
		Selection: []Selection{{Dataset: "clauses", Model: "base", Block: "lora", Configuration: "lora[rank=8]", Tried: 2, Score: 0.8,
			Barred: []string{"lora[rank=4]"}}},
		Budgets:   []Budget{{Name: "phone", StoredBytes: 1_000_000}, {Name: "nothing", StoredBytes: 1}},
		Reproduce: Reproduce{Command: "runexp experiments/legal.hcl", Version: "v0", Kernel: "f32-fma-v1", Host: "2 cores", Files: []File{{"legal.hcl", "ab12"}}},
	}
	s := &stats.Study{Experiment: "legal", Invocation: "20260102-1"}
	for _, e := range []struct {
		model, method, configuration string
		id, shift                    float64
		trainable, stored            int64
		selected                     bool
	}{
		{"", "majority", "majority", 0.40, 0.40, 0, 100, true},
		{"", "tfidf", "words", 0.66, 0.5, 12000, 48000, true},
		{"base", "probing", "linear[layer=1]", 0.6, 0.5, 387, 1548, false},
		{"base", "probing", "linear[layer=2]", 0.7, 0.6, 387, 1548, true},
		{"base", "fine_tuning", "full", 0.93, 0.62, 1_234_567, 4_938_268, true},
		{"base", "lora", "lora[rank=4]", 0.8, 0.7, 4096, 16384, false},
		{"base", "lora", "lora[rank=8]", 0.84, 0.80, 8192, 32768, true},
	} {
		s.Entries = append(s.Entries, entryOf(thin, e.model, e.method, e.configuration, e.id, e.shift, e.trainable, e.stored, e.selected))
	}
	broken := s.Entries[5]
	broken.Runs[1].Status, broken.Runs[1].Detail = "diverged", "loss is NaN at step 7 of | seed 2"
	return f, s
}

func entry(model, method, configuration string, id, shift float64, trainable, stored int64, selected bool) *stats.Entry {
	return entryOf(1, model, method, configuration, id, shift, trainable, stored, selected)
}

func entryOf(thin int, model, method, configuration string, id, shift float64, trainable, stored int64, selected bool) *stats.Entry {
	e := &stats.Entry{
		Dataset: "clauses", Model: model, Method: method, Block: method, Configuration: configuration, Selected: selected,
		Drawless: method == "majority" || method == "tfidf",
		Cost:     stats.Cost{TrainableParams: trainable, TotalParams: 1_234_567 + trainable, StoredBytes: stored, TrainSeconds: float64(trainable) / 1e5, PeakBytes: 1 << 26, Steps: 100},
		Outcomes: map[string][]*stats.Rows{}, Curves: map[string][]stats.Curve{},
	}
	if method == "lora" || method == "fine_tuning" {
		for seed := range int64(3) {
			c := stats.Curve{Seed: seed + 1}
			for step := int64(10); step <= 100; step += 10 {
				c.Steps = append(c.Steps, step)
				c.Values = append(c.Values, 1.1*math.Exp(-float64(step)/60)+0.02*float64(seed))
			}
			e.Curves["train_loss"] = append(e.Curves["train_loss"], c)
		}
	}
	for seed := int64(1); seed <= 3; seed++ {
		e.Runs = append(e.Runs, stats.SeedRun{Seed: seed, Status: "ok", Action: fmt.Sprint(configuration, seed)})
	}
	for _, split := range []struct {
		name  string
		n     int
		share float64
		slice string
	}{{"dev", 90, id, ""}, {"test_id", 120, id, ""}, {"test_shift", 180, shift, "domain"}, {"test_shift", 180, shift, "year"}} {
		var tables []*stats.Rows
		for seed := range uint64(3) {
			if e.Drawless {
				seed = 0
			}
			tables = append(tables, outcomes(split.n/thin, split.share, seed, split.slice))
		}
		e.Outcomes[split.name] = tables
		slices := []string{"all"}
		switch split.slice {
		case "domain":
			slices = append(slices, "domain=contracts", "domain=statutes")
		case "year":
			slices = []string{"year=2001", "year=2002", "year=2003"}
		}
		for _, slice := range slices {
			for _, metric := range []string{"accuracy", "macro_f1"} {
				e.Scores = append(e.Scores, aggregate(split.name, slice, metric, tables, e.Drawless))
			}
		}
	}
	if model != "" {
		for metric, v := range map[string]float64{"lm_loss": 2.5 + float64(trainable)/5e6, "lm_loss_change": float64(trainable) / 5e6} {
			e.Scores = append(e.Scores, stats.Score{Split: "retention", Slice: "all", Metric: metric, Estimate: stats.Estimate{Mean: v, SD: math.NaN(), Low: math.NaN(), High: math.NaN()}})
		}
	}
	return e
}

func outcomes(n int, share float64, seed uint64, slice string) *stats.Rows {
	rng := rand.New(rand.NewPCG(seed, math.Float64bits(share)))
	hard := rand.New(rand.NewPCG(99, uint64(n)))
	r := &stats.Rows{}
	for i := range n {
		gold := float64(hard.IntN(3))
		limit := hard.Float64() // a row's difficulty is the same for all methods
		pred := gold
		confidence := 0.5 + 0.5*rng.Float64()
		if 0.7*limit+0.3*rng.Float64() > share {
			pred = float64((int(gold) + 1 + rng.IntN(2)) % 3)
			confidence -= 0.1
		}
		probs := make([]float32, 3)
		for k := range probs {
			probs[k] = float32((1 - confidence) / 2)
		}
		probs[int(pred)] = float32(confidence)
		r.IDs = append(r.IDs, fmt.Sprint(i))
		r.Gold, r.Pred, r.Probs = append(r.Gold, gold), append(r.Pred, pred), append(r.Probs, probs)
		switch slice {
		case "domain":
			r.Slices = append(r.Slices, []string{"domain=contracts", "domain=statutes"}[i%2])
		case "year":
			r.Slices = append(r.Slices, fmt.Sprintf("year=%d", 2001+i%3))
		}
	}
	return r
}

func aggregate(split, slice, metric string, tables []*stats.Rows, drawless bool) stats.Score {
	var values []float64
	var matrix [][]float64
	for _, t := range tables {
		theta, rows, _ := stats.Measure(metric, t.Slice(slice))
		values, matrix = append(values, theta), append(matrix, rows)
	}
	return stats.Score{Split: split, Slice: slice, Metric: metric, Values: values, Estimate: stats.Summarize(metric, values, matrix, drawless)}
}
