package lm

import (
	"errors"
	"math"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// New returns a model of the given shape with initial weights drawn from key:
// matrices N(0, InitStd), biases 0, norms 1. It is what pretraining starts
// from.
func New(c *nn.Config, tok *tokenizer.Tokenizer, key tensor.Key) (*Base, error) {
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	b, err := newBase(c, false)
	if err != nil {
		return nil, err
	}
	for i, s := range b.Arch.Specs() {
		x := b.Weights[s.Name].Value
		switch s.Init {
		case nn.InitZero:
			tensor.Fill(x, 0)
		case nn.InitOne:
			tensor.Fill(x, 1)
		case nn.InitSinusoid:
			x.CopyFrom(sinusoid(x.Rows, x.Cols))
		default:
			tensor.FillNormal(x, 0, float32(c.InitStd), key.At(uint64(i)))
		}
	}
	b.Tokenizer = tok
	b.config = configJSON(c)
	return b, nil
}

// NewDry returns a model of the given shape without weights: for counting
// parameters and predicting memory.
func NewDry(c *nn.Config) (*Base, error) {
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	return newBase(c, true)
}

// LoadRandom reads config.json from dir and returns an untrained model of
// that shape, with dir's tokenizer if there is one, else a hashing tokenizer
// of the right size and a warning.
func LoadRandom(configPath, dir string, key tensor.Key) (*Base, error) {
	c, raw, err := readConfig(configPath)
	if err != nil {
		return nil, err
	}
	withAllParts(c)
	var warnings []string
	tok, err := tokenizer.Load(dir)
	if err != nil {
		if !errors.Is(err, tokenizer.ErrNoFiles) {
			return nil, err
		}
		tok = tokenizer.NewHashing(c.Vocabulary)
		warnings = append(warnings, "no tokenizer files beside "+configPath+": words are hashed into the vocabulary")
	}
	b, err := New(c, tok, key)
	if err != nil {
		return nil, err
	}
	b.config, b.Warnings = raw, warnings
	return b, nil
}

// sinusoid is the fixed position table of Vaswani et al. 2017, section 3.5,
// with DistilBERT's interleaving.
func sinusoid(rows, cols int) []float32 {
	table := make([]float32, rows*cols)
	for p := range rows {
		for i := range cols {
			angle := float64(p) / math.Pow(10000, 2*float64(i/2)/float64(cols))
			v := math.Sin(angle)
			if i%2 == 1 {
				v = math.Cos(angle)
			}
			table[p*cols+i] = float32(v)
		}
	}
	return table
}
