// Scaling measures the time of a step against the rows of a batch, the layers of
// the model and the threads, and draws a chart of each:
//
//	go run ./internal/lm/testdata/peer/scaling RUNEXP FOLDER ROUNDS
//
// FOLDER gets step-rows.svg, step-layers.svg and step-threads.svg; the table of
// all points goes to standard output. Points are medians of rounds in which all
// settings have their turn, each in a process of its own.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"runexp/internal/chart"
)

const (
	hidden = 256
	length = "64"
)

// setting is one point of the measurement.
type setting struct {
	mode                  string
	rows, layers, threads int
}

// axis is a chart: what varies, from the setting that all charts share.
type axis struct {
	name, label string
	values      []int
	set         func(*setting, int)
}

var axes = []axis{
	{"rows", "rows of a batch", []int{1, 2, 4, 8, 16, 32, 64}, func(s *setting, n int) { s.rows = n }},
	{"layers", "layers", []int{1, 2, 4, 8, 12}, func(s *setting, n int) { s.layers = n }},
	{"threads", "threads", []int{1, 2}, func(s *setting, n int) { s.threads = n }},
}

var modes = []string{"full", "lora", "forward"}

func (a axis) at(mode string, n int) setting {
	s := setting{mode, 32, 4, 2}
	a.set(&s, n)
	return s
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "scaling: want RUNEXP FOLDER ROUNDS")
		os.Exit(2)
	}
	rounds, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = run(os.Args[1], os.Args[2], rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

func run(runexp, folder string, rounds int) error {
	times, err := measure(runexp, rounds)
	if err != nil {
		return err
	}
	fmt.Printf("| varied | value | %s ms | %s ms | %s ms |\n| --- | ---: | ---: | ---: | ---: |\n", modes[0], modes[1], modes[2])
	for _, a := range axes {
		l := chart.Lines{Title: "A step of 4 layers × 256, 32 rows × 64 tokens, 2 threads, by " + a.label, X: a.label, Y: "milliseconds"}
		for _, mode := range modes {
			series := chart.Series{Name: mode}
			for _, n := range a.values {
				series.X, series.Y = append(series.X, float64(n)), append(series.Y, median(times[a.at(mode, n)]))
			}
			l.Series = append(l.Series, series)
		}
		for _, n := range a.values {
			fmt.Printf("| %s | %d |", a.label, n)
			for _, mode := range modes {
				fmt.Printf(" %.1f |", median(times[a.at(mode, n)]))
			}
			fmt.Println()
		}
		figure, err := l.Draw()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "step-"+a.name+".svg"), figure.File(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// measure gives the milliseconds of a step of each setting, round by round.
func measure(runexp string, rounds int) (map[setting][]float64, error) {
	models, err := os.MkdirTemp("", "scaling")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(models)
	times := map[setting][]float64{}
	for round := range rounds {
		for _, a := range axes {
			for _, n := range a.values {
				for _, mode := range modes {
					s := a.at(mode, n)
					if len(times[s]) > round {
						continue // the charts cross there
					}
					ms, err := s.step(runexp, models)
					if err != nil {
						return nil, err
					}
					times[s] = append(times[s], ms)
				}
			}
		}
	}
	return times, nil
}

// step runs the benchmark once.
func (s setting) step(runexp, models string) (ms float64, err error) {
	config, err := json.Marshal(map[string]any{
		"model_type": "bert", "vocab_size": 30522, "hidden_size": hidden, "num_hidden_layers": s.layers,
		"num_attention_heads": hidden / 64, "intermediate_size": 4 * hidden, "max_position_embeddings": 512, "type_vocab_size": 2,
	})
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(models, "config.json"), config, 0o644); err != nil {
		return 0, err
	}
	out, err := exec.Command(runexp, "bench", "-config", models, "-mode", s.mode, "-batch", strconv.Itoa(s.rows), "-length", length,
		"-threads", strconv.Itoa(s.threads), "-seconds", "0.5", "-json").Output()
	if err != nil {
		return 0, fmt.Errorf("%+v: %w", s, err)
	}
	var speed struct {
		Steps   float64 `json:"steps"`
		Seconds float64 `json:"seconds"`
	}
	if err := json.Unmarshal(out, &speed); err != nil {
		return 0, fmt.Errorf("%+v: %w", s, err)
	}
	return 1000 * speed.Seconds / speed.Steps, nil
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}
