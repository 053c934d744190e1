package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/train"
	"runexp/methods"
)

type benchFlags struct {
	config, mode, length string
	batch, threads       int
	seconds              float64
	json, profile        bool
	checkpointing        bool
}

func benchCommand(s *streams) *cobra.Command {
	f := &benchFlags{}
	cmd := &cobra.Command{
		Use: "bench -config DIR", Short: "Measure the speed of a training step or a forward pass on random weights",
		Long: "Takes the shape from DIR/config.json, draws weights and tokens, and repeats one step: full fine-tuning, LoRA\n" +
			"(rank 8 on query and value) or forward only, with a head for two classes and AdamW. Lengths from a file are\n" +
			"taken in whole passes. With -profile, the time of each kernel and of each shape of a matrix product follows.",
		Example: "  runexp bench -config bert-base -mode lora -batch 8 -length 128 -threads 2 -json\n  runexp bench -config bert-base -mode full -batch 8 -length lengths.txt",
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return f.run(s) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.config, "config", "", "folder with a config.json")
	flags.StringVar(&f.mode, "mode", "full", "full, lora or forward")
	oneOf(cmd, "mode", "full", "lora", "forward")
	flags.IntVar(&f.batch, "batch", 8, "rows of a step")
	flags.StringVar(&f.length, "length", "128", "tokens of every row, or a file with one length per line")
	flags.IntVar(&f.threads, "threads", 0, "threads of the numeric kernels (default: one per processor)")
	flags.Float64Var(&f.seconds, "seconds", 10, "how long to measure at least")
	flags.BoolVar(&f.json, "json", false, "print as JSON")
	flags.BoolVar(&f.checkpointing, "checkpointing", false, "compute activations again in the backward pass instead of keeping them")
	flags.BoolVar(&f.profile, "profile", false, "show where the time goes, kernel by kernel")
	return cmd
}

func (f *benchFlags) run(s *streams) error {
	switch {
	case f.config == "":
		return usage("-config is missing: it names a folder with a config.json")
	case f.batch < 1:
		return usage("-batch %d: at least one row", f.batch)
	case f.seconds <= 0:
		return usage("-seconds %g: the time must be above 0", f.seconds)
	}
	if err := setThreads(f.threads); err != nil {
		return err
	}
	before := residentBytes("VmRSS:")
	base, err := lm.LoadRandom(filepath.Join(f.config, "config.json"), f.config, tensor.NewKey(0, "bench"))
	if err != nil {
		return invalid(err)
	}
	defer base.Free()
	examples, err := f.examples(base)
	if err != nil {
		return err
	}
	speed, err := f.measure(base, examples)
	if err != nil {
		return err
	}
	return f.print(s, speed, before)
}

func (f *benchFlags) measure(base *lm.Base, examples []*train.Example) (*train.Speed, error) {
	task := train.Task{Kind: "classification", Outputs: 2}
	setup := methods.Setup{Head: nn.HeadSpec{Task: task.Kind, Outputs: 2}, Schedule: "constant", Dropout: -1}
	var method methods.Adapter = methods.NewLoRA()
	switch f.mode {
	case "full":
		method = methods.NewFineTuning()
	case "lora", "forward":
	default:
		return nil, usage("-mode %q: want full, lora or forward", f.mode)
	}
	overlay, err := method.Adapt(base, setup, tensor.NewKey(0, "init"))
	if err != nil {
		return nil, invalid(err)
	}
	defer overlay.Free()
	o := train.BenchOptions{Batch: f.batch, AtLeast: time.Duration(f.seconds * float64(time.Second)), Checkpointing: f.checkpointing, Profile: f.profile}
	if f.mode == "forward" {
		overlay.LowRank = nil
		return train.BenchmarkForward(base, overlay, examples, o)
	}
	return train.Benchmark(base, overlay, task, examples, o)
}

func (f *benchFlags) print(s *streams, speed *train.Speed, before int64) error {
	peak := residentBytes("VmHWM:")
	report := struct {
		Mode    string `json:"mode"`
		Batch   int    `json:"batch"`
		Length  string `json:"length"`
		Threads int    `json:"threads"`
		*train.Speed
		PeakBytes       int64  `json:"peak_bytes"`                 // of the process
		ModelBytes      int64  `json:"model_bytes"`                // of that, what was not there before the model
		PredictedBytes  int64  `json:"predicted_bytes"`            // of the same
		ActivationBytes int64  `json:"predicted_activation_bytes"` // of a step or a forward pass
		CPU             string `json:"cpu"`
	}{
		f.mode, f.batch, f.length, tensor.Threads(), speed,
		max(peak, speed.ArenaBytes), peak - before, speed.Predicted.Total(), speed.Predicted.Activations + speed.Predicted.Evaluation,
		tensor.CPUFeatures(),
	}
	if f.json {
		return json.NewEncoder(s.out).Encode(report)
	}
	printf(s.out, "%s, batch %d, length %s, %d threads: %.0f tokens/s, %.1f GFLOP/s, peak %s, %d steps in %.1f s\n",
		f.mode, f.batch, f.length, report.Threads, speed.TokensPerSecond, speed.GFLOPs, bytesText(report.PeakBytes), speed.Steps, speed.Seconds)
	if f.profile {
		printProfile(s, speed)
	}
	return nil
}

// examples draws rows of random tokens of the asked-for lengths, a whole
// number of batches.
func (f *benchFlags) examples(base *lm.Base) ([]*train.Example, error) {
	lengths, err := f.lengths()
	if err != nil {
		return nil, err
	}
	limit := base.Config().Longest()
	key := tensor.NewKey(0, "tokens")
	var list []*train.Example
	draw := uint64(0)
	for i, n := range lengths {
		if n < 1 || n > limit {
			return nil, invalid(fmt.Errorf("length %d of row %d is not from 1 to the model's %d positions", n, i+1, limit))
		}
		ids := make([]int32, n)
		for k := range ids {
			ids[k] = int32(key.Uint64(draw) % uint64(base.Config().Vocabulary))
			draw++
		}
		list = append(list, &train.Example{Sequences: []train.Sequence{{IDs: ids, Mask: -1}}, Label: int32(i % 2)})
	}
	return list, nil
}

func (f *benchFlags) lengths() ([]int, error) {
	if n, err := strconv.Atoi(f.length); err == nil {
		list := make([]int, f.batch)
		for i := range list {
			list[i] = n
		}
		return list, nil
	}
	file, err := os.Open(f.length)
	if err != nil {
		return nil, invalid(fmt.Errorf("read lengths: %w", err))
	}
	defer file.Close()
	var list []int
	scanner := bufio.NewScanner(file)
	for n := 1; scanner.Scan(); n++ {
		length, err := strconv.Atoi(strings.TrimSpace(scanner.Text()))
		if err != nil {
			return nil, invalid(fmt.Errorf("%s:%d: %q is not a length", f.length, n, scanner.Text()))
		}
		list = append(list, length)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read lengths %s: %w", f.length, err)
	}
	if list = list[:len(list)/f.batch*f.batch]; len(list) == 0 {
		return nil, invalid(fmt.Errorf("%s: fewer lengths than one batch of %d", f.length, f.batch))
	}
	return list, nil
}

// residentBytes is a size that the system keeps of this process: VmRSS: the
// resident memory now, VmHWM: the most so far; 0 where it keeps none.
func residentBytes(name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(text), name)
	if !ok {
		return 0
	}
	var kB int64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		return 0
	}
	return kB * 1024
}
