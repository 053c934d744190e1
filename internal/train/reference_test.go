package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"runexp/internal/lm"
)

// The fixtures are written by testdata/objectives.py with PyTorch in float64.

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func loadBase(t *testing.T, path ...string) *lm.Base {
	t.Helper()
	b, err := lm.Load(filepath.Join(append([]string{"..", "lm", "testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

func TestObjectivesAgreeWithPyTorch(t *testing.T) {
	base := loadBase(t, "checkpoints", "bert")
	for _, name := range []string{"classification", "regression", "multi_label", "tagging", "multiple_choice"} {
		t.Run(name, func(t *testing.T) {
			var want struct {
				Task    string
				Outputs int
				Rows    []struct {
					Sequences [][]int32
					Label     int32
					Targets   []float32
					Tags      []int32
				}
				Losses         []float64
				LabelSmoothing float64 `json:"label_smoothing"`
				ClassWeights   string  `json:"class_weights"`
			}
			readJSON(t, filepath.Join("testdata", "objectives", name+".json"), &want)
			o, err := lm.LoadOverlay(filepath.Join("testdata", "objectives", name+".overlay.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer o.Free()
			var rows []*Example
			for _, r := range want.Rows {
				e := &Example{Label: r.Label, Targets: r.Targets, Tags: r.Tags}
				for _, ids := range r.Sequences {
					e.Sequences = append(e.Sequences, Sequence{IDs: ids, Mask: -1})
				}
				rows = append(rows, e)
			}
			c := NewConfig()
			c.Steps, c.BatchSize, c.LearningRate, c.Warmup, c.Dropout = len(want.Losses), len(rows), 2e-3, 0.25, 0
			c.LabelSmoothing = want.LabelSmoothing
			if want.ClassWeights != "" {
				c.ClassWeights = want.ClassWeights
			}
			r, _, err := Run(t.Context(), base, o, Data{Task: Task{Kind: want.Task, Outputs: want.Outputs}, Train: rows}, c, 1, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Curve) != len(want.Losses) {
				t.Fatalf("%d points on the curve, want %d", len(r.Curve), len(want.Losses))
			}
			for i, p := range r.Curve {
				// Float32 against float64 over some steps of AdamW.
				if d := math.Abs(p.Loss - want.Losses[i]); !(d <= 1e-4) {
					t.Errorf("loss of step %d = %v, PyTorch has %v", p.Step, p.Loss, want.Losses[i])
				}
			}
		})
	}
}

func TestPseudoPerplexityAgreesWithPyTorch(t *testing.T) {
	base := loadBase(t, "checkpoints", "bert")
	var rows []struct {
		IDs  []int32
		Loss float64
	}
	readJSON(t, filepath.Join("testdata", "objectives", "pseudo_perplexity.json"), &rows)
	for _, row := range rows {
		got := PseudoPerplexity(base, &Example{Sequences: []Sequence{{IDs: row.IDs, Mask: -1}}})
		if d := math.Abs(got.Sum - row.Loss); got.Tokens != len(row.IDs) || !(d <= 1e-4) {
			t.Errorf("PseudoPerplexity(%v) = %+v, want %v over %d tokens", row.IDs, got, row.Loss, len(row.IDs))
		}
	}
}

func TestPerplexityOfThePretrainedStoriesModel(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "weights-stories260k", "derived-hf")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the pretrained model is not on this machine: %v", err)
	}
	base, err := lm.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Free()
	var want struct {
		Rows []struct {
			IDs  []int32
			Loss float64
		}
	}
	readJSON(t, filepath.Join("..", "lm", "testdata", "stories260k.json"), &want)
	for _, row := range want.Rows {
		got := PseudoPerplexity(base, &Example{Sequences: []Sequence{{IDs: row.IDs, Mask: -1}}})
		if d := math.Abs(got.Sum-row.Loss) / float64(got.Tokens); got.Tokens != len(row.IDs)-1 || !(d <= 1e-4) {
			t.Errorf("loss = %+v, want %v over %d tokens", got, row.Loss, len(row.IDs)-1)
		}
	}
}
