package methods

import (
	"fmt"
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// LoRA adds to each target weight W [out, in] a product of two thin matrices
// and trains only these:
//
//	y = x·Wᵀ + s·(dropout(x)·Aᵀ)·Bᵀ    A [Rank, in], B [out, Rank]
//
// A starts uniform in ±1/√in and B at zero, so an adapted model first equals
// the base model. The scale s is Alpha/Rank, or Alpha/√Rank for the variant
// rslora. The variant dora also trains the length of every row of the sum.
// The dropout is that of the training attribute.
//
// Sources: Hu et al. 2021, arXiv:2106.09685, section 4.1; Kalajdzievski 2023,
// arXiv:2312.03732 (rslora); Liu et al. 2024, arXiv:2402.09353 (dora).
type LoRA struct {
	Rank    int      `hcl:"rank,optional" doc:"inner dimension of the two trained matrices"`
	Alpha   float64  `hcl:"alpha,optional" doc:"numerator of the scale alpha/rank"`
	Targets []string `hcl:"targets,optional" doc:"linear layers by the end of their name or by role, or all-linear; default: query and value"`
	Bias    string   `hcl:"bias,optional" doc:"biases trained as well: none, all, or lora_only for those of the targets"`
	Variant string   `hcl:"variant,optional" doc:"lora, rslora or dora"`
}

// NewLoRA returns LoRA with rank 8 and alpha 16 on query and value.
func NewLoRA() *LoRA { return &LoRA{Rank: 8, Alpha: 16, Bias: "none", Variant: "lora"} }

// Type returns "lora".
func (*LoRA) Type() string { return "lora" }

// Draws returns true.
func (*LoRA) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*LoRA) Supports(kind string) error { return supportsTraining("lora", kind) }

// SupportsModel returns nil for every model; Trainable finds unknown targets.
func (*LoRA) SupportsModel(*nn.Config) error { return nil }

// Defaults returns the settings of the reference scripts for RoBERTa-base,
// with fewer epochs.
func (*LoRA) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 5e-4, Epochs: 10, BatchSize: 32, WeightDecay: 0.1, Warmup: 0.06}
}

// Validate returns what is wrong with the attributes.
func (m *LoRA) Validate() []error {
	errs := slices.Concat(
		atLeast("rank", m.Rank, 1, "The rank is the inner dimension of the two trained matrices"),
		oneOf("bias", m.Bias, "none", "all", "lora_only"),
		oneOf("variant", m.Variant, "lora", "rslora", "dora"))
	if !(m.Alpha > 0) || math.IsInf(m.Alpha, 1) {
		errs = append(errs, &FieldError{"alpha", "Alpha is the numerator of the scale alpha/rank; it must be above 0."})
	}
	return errs
}

// Adapt makes the thin matrices and a head.
func (m *LoRA) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is Σ Rank·(in + out) over the targets, plus out for dora, plus
// the trained biases.
func (m *LoRA) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *LoRA) sites(base *lm.Base) ([]nn.Site, error) {
	return matchSites(base, orDefault(m.Targets, base.Config(), attentionTargets))
}

func (m *LoRA) scale() float32 {
	if m.Variant == "rslora" {
		return float32(m.Alpha / math.Sqrt(float64(m.Rank)))
	}
	return float32(m.Alpha / float64(m.Rank))
}

func (m *LoRA) extend(o *nn.Overlay, base *lm.Base, setup Setup, key tensor.Key) error {
	sites, err := m.sites(base)
	if err != nil {
		return err
	}
	for i, s := range sites {
		if o.LowRank[s.Name] != nil {
			return fmt.Errorf("two parts add low-rank matrices to %s", s.Name)
		}
		l := &nn.LowRank{
			A:     nn.NewParam(o.Arena, s.Name+".lora_A", m.Rank, s.In),
			B:     nn.NewParam(o.Arena, s.Name+".lora_B", s.Out, m.Rank),
			Scale: m.scale(), Dropout: float32(max(setup.Dropout, 0)),
		}
		bound := float32(1 / math.Sqrt(float64(s.In)))
		tensor.FillUniform(l.A.Value, -bound, bound, key.At(uint64(i)))
		tensor.Fill(l.B.Value, 0)
		if m.Variant == "dora" {
			l.Magnitude = nn.NewParam(o.Arena, s.Name+".lora_magnitude", 1, s.Out)
			l.Magnitude.NoDecay = true
			scratch := o.Arena.Mark()
			nn.InitMagnitude(o.Arena, l.Magnitude.Value, base.Weights[s.WeightName()].Value, s.InOut)
			o.Arena.Release(scratch)
		}
		o.LowRank[s.Name] = l
	}
	return replaceAll(o, base, m.biases(base, o.Head, sites))
}

func (m *LoRA) count(base *lm.Base, head *nn.Head) (Count, error) {
	sites, err := m.sites(base)
	if err != nil {
		return Count{}, err
	}
	c := countSpecs(m.biases(base, head, sites))
	for _, s := range sites {
		n := int64(m.Rank) * int64(s.In+s.Out)
		if m.Variant == "dora" {
			n += int64(s.Out)
		}
		c.Trained, c.Stored = c.Trained+n, c.Stored+n
	}
	return c, nil
}

// biases lists the biases that are trained as well.
func (m *LoRA) biases(base *lm.Base, head *nn.Head, sites []nn.Site) []nn.Spec {
	var specs []nn.Spec
	for _, s := range biasSpecs(base, head) {
		target := slices.ContainsFunc(sites, func(t nn.Site) bool { return t.BiasName() == s.Name })
		if m.Bias == "all" || m.Bias == "lora_only" && target {
			specs = append(specs, s)
		}
	}
	return specs
}
