package config

import (
	"math"
	"slices"
	"strings"
	"testing"
)

const searched = `
method "lora" "plain" {
}
method "lora" "set" {
  learning_rate = 0.01
}
method "lora" "own" {
  sweep { learning_rate = [1, 2] }
}
method "lora" "other" {
  sweep { rank = [4, 8] }
  exclude { rank = 4 }
}
method "probing" "none" {
}
`

func TestTune(t *testing.T) {
	e := mustLoad(t, searched, Options{})
	for _, b := range e.Of("method") {
		if diags := e.Tune(b, "learning_rate", []float64{1.0 / 3, 1, 3}); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	want := []string{
		"plain[learning_rate=0.0001]", "plain[learning_rate=0.0003]", "plain[learning_rate=0.0009]",
		"set[learning_rate=0.003333]", "set[learning_rate=0.01]", "set[learning_rate=0.03]",
		"own[learning_rate=1]", "own[learning_rate=2]",
		"other[learning_rate=0.0001,rank=8]", "other[learning_rate=0.0003,rank=8]", "other[learning_rate=0.0009,rank=8]",
		"none",
	}
	if got := pointNames(e); !slices.Equal(got, want) {
		t.Errorf("points %q\nwant %q", got, want)
	}
	if got := e.Of("method")[0].Points[2].Config.(*testMethod).Train.LearningRate; got != 9e-4 {
		t.Errorf("learning rate = %v, want 9e-4", got)
	}
	if diags := e.Tune(e.Of("method")[0], "schedule", []float64{1}); len(diags) != 1 || diags[0].Summary != `"schedule" cannot be tuned` {
		t.Errorf("Tune of a text = %v", diags)
	}
	if diags := e.Tune(e.Of("method")[0], "rank", []float64{0, 1}); len(diags) != 1 || diags[0].Summary != "Invalid rank" {
		t.Errorf("Tune to an invalid value = %v", diags)
	}
}

const drawn = `
method "lora" "a" {
  sweep {
    learning_rate = log_uniform(1e-5, 1e-3)
    rank          = [4, 8, 16]
  }
  exclude { rank = 16 }
}
method "lora" "b" {
  sweep {
    learning_rate = log_uniform(1e-5, 1e-3)
    rank          = [4, 8, 16]
  }
  exclude { rank = 16 }
}
`

func TestSample(t *testing.T) {
	e := mustLoad(t, drawn, Options{})
	if diags := e.Unsampled(); len(diags) != 2 || diags[0].Subject.Start.Line != 4 {
		t.Errorf("Unsampled = %v, want both distributions", diags)
	}
	a, b := e.Of("method")[0], e.Of("method")[1]
	for _, m := range []*Block{a, b} {
		if diags := e.Sample(m, 200, 7); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	if diags := e.Unsampled(); len(diags) > 0 {
		t.Errorf("Unsampled after sampling = %v", diags)
	}
	if len(a.Points) != 200 {
		t.Fatalf("%d points, want 200", len(a.Points))
	}
	below, ranks := 0, map[int]int{}
	for i, p := range a.Points {
		if b.Points[i].Name != "b"+strings.TrimPrefix(p.Name, "a") {
			t.Errorf("trial %d depends on the block's name: %s, %s", i, p.Name, b.Points[i].Name)
		}
		m := p.Config.(*testMethod)
		if x := m.Train.LearningRate; x < 1e-5 || x > 1e-3 {
			t.Errorf("learning rate %v is outside the range", x)
		} else if x < 1e-4 {
			below++
		}
		ranks[m.Method.(*testLoRA).Rank]++
	}
	// Half of the mass lies below the geometric mean: 100 ± 4 standard deviations.
	if math.Abs(float64(below-100)) > 29 {
		t.Errorf("%d of 200 draws lie below the geometric mean", below)
	}
	if ranks[16] != 0 || math.Abs(float64(ranks[4]-100)) > 29 {
		t.Errorf("ranks drawn %v, want 4 and 8 equally often, 16 never", ranks)
	}
	first := slices.Clone(a.Points)
	e.Sample(a, 200, 8)
	if a.Points[0].Name == first[0].Name {
		t.Error("another seed gives the same first trial")
	}
	// A prefix: more trials keep the earlier ones.
	e.Sample(a, 10, 7)
	for i, p := range a.Points {
		if p.Name != first[i].Name {
			t.Errorf("trial %d of 10 is %s, of 200 it was %s", i, p.Name, first[i].Name)
		}
	}
}

func TestSampleSmallGrid(t *testing.T) {
	e := mustLoad(t, "method \"lora\" \"m\" {\n  sweep { rank = [1, 2, 3] }\n}\n", Options{MaxRuns: 50})
	m := e.Of("method")[0]
	if diags := e.Sample(m, 20, 1); diags.HasErrors() || len(m.Points) != 3 {
		t.Errorf("Sample = %v with %d points, want the 3 there are", diags, len(m.Points))
	}
	if diags := e.Sample(m, 51, 1); len(diags) != 1 || diags[0].Summary != "Too many configurations" {
		t.Errorf("Sample beyond the limit = %v", diags)
	}
}
