package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"runexp/internal/stats"
)

// again is the fixture's invocation with all runs run again.
func again() *stats.Study {
	_, s := fixture()
	s.Invocation = "20260103-1"
	for _, e := range s.Entries {
		for k := range e.Runs {
			e.Runs[k].Action += " again"
		}
	}
	return s
}

func TestCompareWithItselfFindsNothing(t *testing.T) {
	f, a := fixture()
	b := again()
	c := Compare(a, b, f, &GateFacts{Margin: 0.01, Alpha: 0.05})
	if len(c.Pairs) != 10 || c.Failed || len(c.Warnings) != 0 {
		t.Fatalf("%d pairs, failed %v, warnings %v; want 10, false, none", len(c.Pairs), c.Failed, c.Warnings)
	}
	for _, p := range c.Pairs {
		if p.Change != 0 || p.P != 1 || p.Gate.Failed {
			t.Errorf("%s on %s: change %v, P %v, gate failed %v", p.Method, p.Split, p.Change, p.P, p.Gate.Failed)
		}
	}
}

func TestGateFindsAPlantedLoss(t *testing.T) {
	f, a := fixture()
	b := again()
	worse := entry("base", "lora", "lora[rank=8]", 0.7, 0.6, 8192, 40000, true)
	worse.Runs[0].Action = "another"
	worse.Cost.TrainSeconds = 99
	for k, e := range b.Entries {
		if e.Configuration == "lora[rank=8]" {
			b.Entries[k] = worse
		}
	}
	c := Compare(a, b, f, &GateFacts{Metric: "accuracy", Margin: 0.01, Alpha: 0.05, TrainSeconds: 2})
	failed := map[string]bool{}
	for _, p := range c.Pairs {
		if p.Gate.Failed {
			failed[p.Method+" "+p.Split] = true
		}
		if p.Metric != "accuracy" {
			t.Errorf("gated on %s, want accuracy", p.Metric)
		}
	}
	if !c.Failed || len(failed) != 2 || !failed["lora test_id"] || !failed["lora test_shift"] {
		t.Errorf("failed gates: %v, want lora on both splits", failed)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Failed bool
		Pairs  []struct {
			Method string
			Change any
			Gate   struct {
				Smallest float64 `json:"smallest_detectable"`
				Cost     string
			}
		}
	}
	if err := json.Unmarshal(text, &back); err != nil || !back.Failed || back.Pairs[8].Method != "lora" || !strings.Contains(back.Pairs[8].Gate.Cost, "training took 99.0 s") || back.Pairs[8].Gate.Smallest <= 0.01 {
		t.Errorf("json: %v, %+v", err, back)
	}
	var md bytes.Buffer
	if err := Markdown(&md, c.Document()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"**Failed.**", "`lora[rank=8]` on `base`", "failed: training took"} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the document lacks %q:\n%s", want, md.String())
		}
	}
}

func TestGateLooksAtItsSplitAndNeverPassesUnseen(t *testing.T) {
	f, a := fixture()
	b := again()
	c := Compare(a, b, f, &GateFacts{Split: "test_shift", Margin: 0.01, Alpha: 0.05})
	for _, p := range c.Pairs {
		if (p.Gate != nil) != (p.Split == "test_shift") {
			t.Errorf("%s on %s: gate %v", p.Method, p.Split, p.Gate)
		}
	}
	if c.Failed {
		t.Error("an invocation fails beside itself")
	}
	if c = Compare(a, a, f, &GateFacts{Margin: 0.01, Alpha: 0.05}); c.Failed || c.Same != len(c.Pairs) || c.Pairs[0].Gate != nil {
		t.Errorf("the same runs: failed %v, %d of %d pairs the same", c.Failed, c.Same, len(c.Pairs))
	}
	b.Entries = nil
	if c = Compare(a, b, f, &GateFacts{Margin: 0.01, Alpha: 0.05}); !c.Failed {
		t.Error("a gate that saw nothing has passed")
	}
}

func TestCompareSaysWhatHasNoCounterpart(t *testing.T) {
	f, a := fixture()
	_, b := fixture()
	b.Entries = b.Entries[:5] // without lora
	b.Entries[4].Runs = b.Entries[4].Runs[1:]
	for k := range b.Entries[4].Scores {
		s := &b.Entries[4].Scores[k]
		if len(s.Values) > 0 {
			s.Values = s.Values[1:]
		}
	}
	for split, tables := range b.Entries[4].Outcomes {
		b.Entries[4].Outcomes[split] = tables[1:]
	}
	c := Compare(a, b, f, nil)
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "lora on clauses has no counterpart") {
		t.Errorf("warnings = %v", c.Warnings)
	}
	last := c.Pairs[len(c.Pairs)-1]
	if last.Method != "fine_tuning" || last.Seeds != 2 || last.Change != 0 || !strings.Contains(strings.Join(last.Warnings, ";"), "only 2 seeds are in both") {
		t.Errorf("full fine-tuning with one seed fewer: %+v", last)
	}
}

// Two configurations of one invocation are compared as they are in the report's
// table; one compared with itself does not differ, and what JSON has no number for
// is null.
func TestConfigurationsAreComparedInTheirPlaces(t *testing.T) {
	f, study := fixture()
	of := func(block string) []*stats.Entry {
		var list []*stats.Entry
		for _, e := range study.Entries {
			if e.Block == block && e.Selected {
				list = append(list, e)
			}
		}
		return list
	}
	words, lora := Side{Name: "a:method.words", Entries: of("tfidf")}, Side{Name: "a:method.lora", Entries: of("lora")}
	c := CompareConfigurations(words, lora, f, nil)
	if len(c.Pairs) != 2 || c.Pairs[0].PlaceA != "clauses" || c.Pairs[0].Model != "base" || c.Pairs[0].Change == 0 {
		t.Fatalf("words and lora: %+v", c)
	}
	if back := CompareConfigurations(lora, words, f, nil); back.Pairs[0].Change != -c.Pairs[0].Change || back.Pairs[0].P != c.Pairs[0].P {
		t.Errorf("the other way round the change is %v, P %v; want %v, %v", back.Pairs[0].Change, back.Pairs[0].P, -c.Pairs[0].Change, c.Pairs[0].P)
	}
	if same := CompareConfigurations(lora, lora, f, nil); same.Pairs[0].Change != 0 || same.Pairs[0].PlaceA != "" {
		t.Errorf("lora and itself: %+v", same.Pairs[0])
	}
	one := Side{Name: "a:method.lora#1", Entries: []*stats.Entry{lora.Entries[0].OfSeed(lora.Entries[0].Runs[0].Seed)}}
	all, _ := lora.Entries[0].Score("test_id", "all", "macro_f1")
	if p := CompareConfigurations(one, lora, f, nil).Pairs[0]; p.Seeds != 1 || float64(p.A) != all.Values[0] {
		t.Errorf("one seed: %d seeds, mean %v, want that of the first, %v", p.Seeds, p.A, all.Values[0])
	}
	elsewhere := *lora.Entries[0]
	elsewhere.Dataset = "letters"
	c = CompareConfigurations(words, Side{Name: "b", Entries: []*stats.Entry{lora.Entries[0], &elsewhere}}, f, nil)
	if len(c.Pairs) != 2 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "a:method.words has no counterpart on base/letters") {
		t.Errorf("a data set that one side lacks: %d pairs, warnings %v", len(c.Pairs), c.Warnings)
	}
	text, err := json.Marshal(ComparedRun{P: Value(math.NaN()), High: Value(math.Inf(1))})
	if err != nil || !strings.Contains(string(text), `"p":null`) || !strings.Contains(string(text), `"ci_high":null`) {
		t.Errorf("what is no number: %s, %v", text, err)
	}
}

func TestHistoryDrawsEveryMethod(t *testing.T) {
	var points []HistoryPoint
	for k, v := range []float64{0.7, 0.72, 0.65} {
		for _, configuration := range []string{"full", []string{"lora[rank=4]", "lora[rank=8]", "lora[rank=8]"}[k]} {
			points = append(points, HistoryPoint{Invocation: []string{"a", "b", "c"}[k], Started: "2026-01-0" + string(rune('1'+k)), Dataset: "clauses", Model: "base",
				Configuration: configuration, Split: "test_id", Estimate: stats.Estimate{Mean: v, Low: v - 0.02, High: math.NaN()}})
		}
	}
	var md bytes.Buffer
	if err := Markdown(&md, History("legal", "accuracy", points)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(md.String(), "▆█▁"); n != 2 {
		t.Errorf("%d rows with the chart ▆█▁, want full and lora:\n%s", n, md.String())
	}
	md.Reset()
	Markdown(&md, History("legal", "mcc", nil))
	if !strings.Contains(md.String(), "No invocation") {
		t.Error("an empty history does not say so")
	}
}
