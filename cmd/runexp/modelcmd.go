package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"runexp/internal/lm"
	"runexp/internal/lm/tokenizer"
	"runexp/internal/show"
	"runexp/internal/train"
)

func inspectCommand(s *streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "inspect DIR", Short: "Describe a checkpoint: architecture, parameters, tokenizer", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			base, err := lm.Load(args[0])
			if err != nil {
				return invalid(err)
			}
			defer base.Free()
			return inspect(s, base, asJSON)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func inspect(s *streams, base *lm.Base, asJSON bool) error {
	c := base.Config()
	backbone, head := base.Count()
	info := map[string]any{
		"architecture": c.ModelType, "causal": c.Causal(), "layers": c.Layers, "hidden_size": c.Hidden, "heads": c.Heads, "kv_heads": c.KVHeads,
		"intermediate_size": c.Intermediate, "vocabulary": c.Vocabulary, "max_positions": c.MaxPositions,
		"parameters": backbone + head, "backbone_parameters": backbone, "lm_head_parameters": head, "pooler": c.Pooler, "lm_head": c.LMHead,
		"tokenizer": base.Tokenizer.Kind(), "tokens": base.Tokenizer.Size(), "unused_tensors": base.Unused,
	}
	if asJSON {
		return printJSON(s.out, info)
	}
	printf(s.out, "architecture   %s: %d layers, hidden size %d, %d heads (%d key-value), feed-forward %d\n", c.ModelType, c.Layers, c.Hidden, c.Heads, c.KVHeads, c.Intermediate)
	printf(s.out, "positions      %d\n", c.MaxPositions)
	printf(s.out, "parameters     %s (backbone %s, language-modelling head %s)\n", show.Count(backbone+head), show.Count(backbone), show.Count(head))
	printf(s.out, "vocabulary     %s; tokenizer %s with %s tokens\n", show.Count(int64(c.Vocabulary)), base.Tokenizer.Kind(), show.Count(int64(base.Tokenizer.Size())))
	if len(base.Unused) > 0 {
		printf(s.out, "unused tensors %s\n", strings.Join(base.Unused, ", "))
	}
	return nil
}

// inputLine is a line of text on standard input.
type inputLine struct {
	Text     *string `json:"text"`
	TextPair *string `json:"text_pair"`
}

// eachLine reads JSON lines and calls f with each; errors name the line.
func eachLine(r io.Reader, f func(n int, in inputLine) error) error {
	reader := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := reader.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			var in inputLine
			d := json.NewDecoder(strings.NewReader(line))
			d.DisallowUnknownFields()
			if err := d.Decode(&in); err != nil {
				return invalid(fmt.Errorf("stdin:%d: %w; a line looks like {\"text\": \"…\"}", n, err))
			}
			if in.Text == nil {
				return invalid(fmt.Errorf("stdin:%d: no \"text\"", n))
			}
			if err := f(n, in); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stdin: %w", err)
		}
	}
}

// encodeLine tokenises a line as the model's template says; longer inputs are
// cut to the model's positions.
func encodeLine(base *lm.Base, in inputLine) (train.Sequence, bool) {
	pair := ""
	if in.TextPair != nil {
		pair = *in.TextPair
	}
	limit := base.Config().Longest()
	e := base.Tokenizer.EncodeInput(*in.Text, pair, in.TextPair != nil, tokenizer.Options{MaxLength: limit})
	return train.Sequence{IDs: e.IDs, Types: e.Types, Mask: -1}, e.Truncated
}

func embedCommand(s *streams) *cobra.Command {
	var model, pooling string
	var threads int
	cmd := &cobra.Command{
		Use: "embed -model DIR", Short: "Embed JSON lines of text with a checkpoint",
		Long:    "Reads {\"text\":…,\"text_pair\":…} from standard input, one per line, and writes {\"tokens\":n,\"embedding\":[…]}.\nThe mean is over all tokens, special ones included.",
		Example: `  echo '{"text":"a clause"}' | runexp embed -model models/bert -pooling mean`,
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"cls", "mean", "max", "last"}, pooling) {
				return usage("-pooling %q: want cls, mean, max or last", pooling)
			}
			if err := setThreads(threads); err != nil {
				return err
			}
			base, err := openModel(model)
			if err != nil {
				return err
			}
			defer base.Free()
			return embed(s, base, pooling)
		},
	}
	cmd.Flags().StringVar(&model, "model", "", "folder of the checkpoint")
	cmd.Flags().StringVar(&pooling, "pooling", "cls", "cls, mean, max or last")
	oneOf(cmd, "pooling", "cls", "mean", "max", "last")
	cmd.Flags().IntVar(&threads, "threads", 0, "threads of the numeric kernels (default: one per processor)")
	return cmd
}

func openModel(dir string) (*lm.Base, error) {
	if dir == "" {
		return nil, usage("-model is missing: it names the folder of a checkpoint")
	}
	base, err := lm.Load(dir)
	return base, invalid(err)
}

// embedBatch is how many lines go through the model at once.
const embedBatch = 32

func embed(s *streams, base *lm.Base, pooling string) error {
	out := bufio.NewWriter(s.out)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	hidden := base.Config().Hidden
	var batch []*train.Example
	flush := func() error {
		need := train.FeatureNeed{Layer: base.Config().Layers, Pooling: pooling}
		values := train.Features(base, batch, []train.FeatureNeed{need}, false, nil)[0]
		for i, e := range batch {
			if err := encoder.Encode(struct {
				Tokens    int       `json:"tokens"`
				Embedding []float32 `json:"embedding"`
			}{e.Tokens(), values[i*hidden : (i+1)*hidden]}); err != nil {
				return fmt.Errorf("write embedding: %w", err)
			}
		}
		batch = batch[:0]
		return nil
	}
	err := eachLine(s.in, func(n int, in inputLine) error {
		seq, cut := encodeLine(base, in)
		if len(seq.IDs) == 0 {
			return invalid(fmt.Errorf("stdin:%d: the text has no tokens", n))
		}
		if cut {
			printf(s.err, "runexp: stdin:%d: cut to %d tokens\n", n, len(seq.IDs))
		}
		batch = append(batch, &train.Example{Sequences: []train.Sequence{seq}})
		if len(batch) < embedBatch {
			return nil
		}
		return flush()
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return flush()
}

func perplexityCommand(s *streams) *cobra.Command {
	var model string
	var asJSON bool
	var threads int
	cmd := &cobra.Command{
		Use: "perplexity -model DIR", Short: "Language-modelling loss of JSON lines of text",
		Long: "Reads {\"text\":…} from standard input and prints one total over all rows.\nCausal models: tokens 2 to n. Masked models: each token masked alone (pseudo-perplexity).",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := setThreads(threads); err != nil {
				return err
			}
			base, err := openModel(model)
			if err != nil {
				return err
			}
			defer base.Free()
			if !base.Config().LMHead {
				return invalid(fmt.Errorf("%s has no language-modelling head", model))
			}
			total, rows, err := perplexity(s, base)
			if err != nil {
				return err
			}
			if total.Tokens == 0 {
				return invalid(errors.New("no tokens to score"))
			}
			loss := total.Sum / float64(total.Tokens)
			if asJSON {
				return json.NewEncoder(s.out).Encode(map[string]any{"rows": rows, "tokens": total.Tokens, "loss_per_token": loss, "perplexity": math.Exp(loss)})
			}
			printf(s.out, "rows            %d\ntokens          %d\nloss_per_token  %.6f nats\nperplexity      %.4f\n", rows, total.Tokens, loss, math.Exp(loss))
			return nil
		},
	}
	cmd.Flags().StringVar(&model, "model", "", "folder of the checkpoint")
	jsonFlag(cmd, &asJSON)
	cmd.Flags().IntVar(&threads, "threads", 0, "threads of the numeric kernels (default: one per processor)")
	return cmd
}

func perplexity(s *streams, base *lm.Base) (total train.RowLoss, rows int, err error) {
	err = eachLine(s.in, func(n int, in inputLine) error {
		if in.TextPair != nil {
			return invalid(fmt.Errorf("stdin:%d: perplexity takes no \"text_pair\"", n))
		}
		seq, cut := encodeLine(base, in)
		if cut {
			printf(s.err, "runexp: stdin:%d: cut to %d tokens\n", n, len(seq.IDs))
		}
		r := train.PseudoPerplexity(base, &train.Example{Sequences: []train.Sequence{seq}})
		total.Sum, total.Tokens = total.Sum+r.Sum, total.Tokens+r.Tokens
		rows++
		return nil
	})
	return total, rows, err
}
