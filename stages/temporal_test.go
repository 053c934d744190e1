package stages

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const datedClaims = `
experiment "dated" {
  seeds = [1]
}
model "bert" {
  pretrain {
    architecture = "bert"
    layers       = 1
    hidden_size  = 16
    heads        = 2
    vocabulary   = 400
    steps        = 4
    batch_size   = 4
    generator "general" {
      rows = 300
    }
  }
}
dataset "claims" {
  max_length = 32
  UPDATE
  generator "facts" {
    rows = 120
  }
  label = "truth"
  shift "temporal" {
    by     = "year"
    cut    = 2000
    period = 5
    ROLLING
  }
}
method "tfidf" "words" {}
method "lora" "lora" {
  steps         = 8
  rank          = 2
  learning_rate = 1e-2
}
`

func dated(update, rolling string) string {
	return strings.NewReplacer("UPDATE", update, "ROLLING", rolling).Replace(datedClaims)
}

func TestRollingCutsAreConditions(t *testing.T) {
	store := openStore(t, t.TempDir())
	once := run(t, store, dated("", ""))
	rolling := run(t, store, dated(`update = "continue"`, "rolling = true"))
	var conditions []string
	for addr := range rolling {
		if rest, ok := strings.CutPrefix(addr, "method.lora@bert/claims/"); ok {
			conditions = append(conditions, rest)
		}
	}
	slices.Sort(conditions)
	want := []string{"cut=2000#1", "cut=2005#1", "cut=2005+continued#1", "cut=2010#1", "cut=2010+continued#1"}
	if diff := cmp.Diff(want, conditions); diff != "" {
		t.Error("conditions (-want +got):\n" + diff)
	}
	// The first cut is the same run as without rolling, baselines do not go on.
	if diff := cmp.Diff(once["method.lora@bert/claims#1"].Metrics, rolling["method.lora@bert/claims/cut=2000#1"].Metrics); diff != "" {
		t.Error("the first cut differs from the only one:\n" + diff)
	}
	if _, ok := rolling["method.words@claims/cut=2005+continued#1"]; ok {
		t.Error("a method without weights goes on from the cut before")
	}
	if cmp.Equal(rolling["method.lora@bert/claims/cut=2005#1"].Train.Curve, rolling["method.lora@bert/claims/cut=2005+continued#1"].Train.Curve) {
		t.Error("going on from the cut before changes nothing")
	}
}

func TestContinuedCutsFollowEachOther(t *testing.T) {
	plan, diags := compiled(t, dated(`update = "continue"`, "rolling = true"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := map[string]string{
		"cut=2000": "", "cut=2005": "", "cut=2010": "",
		"cut=2005+continued": "adapt method.lora@bert/claims/cut=2000#1",
		"cut=2010+continued": "adapt method.lora@bert/claims/cut=2005+continued#1",
	}
	for _, r := range plan.Runs {
		if r.Method.Name != "lora" {
			continue
		}
		from := ""
		for _, in := range r.Adapt.Inputs {
			if in.Name == "from" {
				from = in.Node.Addr
			}
			if in.Name == "data" && in.Node.Addr != "data claims/"+cutOf(r.Condition) {
				t.Errorf("%s reads %s", r.Condition, in.Node.Addr)
			}
		}
		if from != want[r.Condition] {
			t.Errorf("%s starts from %q, not %q", r.Condition, from, want[r.Condition])
		}
	}
}
