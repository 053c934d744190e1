package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const legal = `
experiment "legal" {
  description = "Which one?"
  seeds       = range(1, 4)
}
variable "rows" {
  default = 1500
}
locals {
  low   = local.high / 10
  high  = 3e-3
  steps = { fast = 10, slow = 100 }
}
model "base" {
  pretrain {
    steps = local.steps.slow
    text  = ["corpus/*.txt"]
    generator "general" {}
  }
}
model "legal" {
  from = model.base
}
dataset "clauses" {
  task = "classification"
  generator "clauses" {
    rows = var.rows
  }
  labels = { "1" = "unfair", fair = "fair" }
  shift "topic" {
    by = "domain"
  }
}
dataset "by_year" {
  like = dataset.clauses
  shift "temporal" {
    cut = 2001
  }
}
method "probing" "linear" {
  pooling = "mean"
}
method "lora" "lora" {
  models = [model.base]
  from   = method.linear
  bias   = true
  sweep {
    learning_rate = [1e-4, local.low]
    zip {
      rank  = [4, 8]
      alpha = [8, 16]
    }
  }
  exclude {
    rank          = 8
    learning_rate = 3e-4
  }
  part "probing" {
    layer = 3
  }
}
`

func TestLoad(t *testing.T) {
	e := mustLoad(t, legal, Options{Vars: map[string]string{"rows": "100"}})

	if got, want := e.Of("experiment")[0].Config().(*testExperiment).Seeds, []int{1, 2, 3}; !cmp.Equal(got, want) {
		t.Errorf("seeds = %v, want %v", got, want)
	}
	base := e.Find(Ref{Kind: "model", Name: "base"}).Config().(*testModel).Pretrain
	if base.Layers != 2 || base.Steps != 100 || base.Generator.Name != "general" {
		t.Errorf("pretrain = %+v, want the default 2 layers, 100 steps and the generator general", base)
	}
	if want, _ := filepath.Abs(filepath.Join(e.Dir, "corpus/*.txt")); base.Text[0].Abs != want || base.Text[0].Text != "corpus/*.txt" {
		t.Errorf("text = %+v, want it in %s", base.Text[0], want)
	}
	clauses := e.Of("dataset")[0].Config().(*testDataset)
	if clauses.Generator.Rows != 100 || clauses.Labels["1"] != "unfair" {
		t.Errorf("dataset = %+v, want 100 rows by -var and the label 1 mapped", clauses)
	}
	year := e.Of("dataset")[1].Config().(*testDataset)
	if year.Generator.Rows != 100 || year.Shift.Type != "temporal" || year.Shift.By != "" || year.Shift.Cut != 2001 {
		t.Errorf("dataset like another = %+v %+v, want the same generator and its own shift alone", year, year.Shift)
	}
	if clauses.Shift.By != "domain" {
		t.Errorf("the dataset that another is like changed: %+v", clauses.Shift)
	}
	want := []string{
		"linear",
		"lora[alpha=8,learning_rate=0.0001,rank=4]",
		"lora[alpha=8,learning_rate=0.0003,rank=4]",
		"lora[alpha=16,learning_rate=0.0001,rank=8]",
	}
	if diff := cmp.Diff(want, pointNames(e)); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	lora := e.Of("method")[1]
	for i, p := range lora.Points {
		m := p.Config.(*testMethod)
		if m.From.Name != "linear" || m.Models[0].String() != "model.base" || !m.Method.(*testLoRA).Bias {
			t.Errorf("point %d = %+v, want from, models and bias of the body", i, m)
		}
		if got := m.Parts[0].Method.(*testProbing); got.Layer != 3 || got.Pooling != "cls" {
			t.Errorf("point %d: part = %+v, want layer 3 and the default pooling", i, got)
		}
	}
	if got := lora.Points[2].Config.(*testMethod); got.Method.(*testLoRA).Rank != 8 || got.Train.LearningRate != 1e-4 {
		t.Errorf("third point = %+v %+v, want rank 8 and rate 1e-4", got.Method, got.Train)
	}
	if got := lora.Deps; len(got) != 2 || got[0].String() != "method.linear" || got[1].String() != "model.base" {
		t.Errorf("Deps = %v", got)
	}
}

func TestFilesTogether(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	os.WriteFile(a, []byte("method \"lora\" \"x\" {\n  models = [model.m]\n  rank = local.r\n}\n"), 0o644)
	os.WriteFile(b, []byte("locals {\n  r = 4\n}\nmodel \"m\" {\n}\n"), 0o644)
	for _, files := range [][]string{{a, b}, {b, a}, {a, b, a}} {
		e, diags := NewParser().Load(files, testKinds(), Options{})
		if diags.HasErrors() {
			t.Fatalf("Load(%v): %v", files, diags)
		}
		if got := e.Of("method")[0].Config().(*testMethod).Method.(*testLoRA).Rank; got != 4 {
			t.Errorf("rank = %d, want 4 from the other file", got)
		}
		if len(e.Blocks) != 2 || e.Blocks[0].Kind != "method" {
			t.Errorf("Load(%v): blocks are not in order of the files' names", files)
		}
	}
}
