package nn

// Config is an architecture's shape, with one name for each thing whatever
// the checkpoint's config.json calls it.
type Config struct {
	ModelType    string // bert, roberta, distilbert, gpt2, llama, mistral, qwen2
	Vocabulary   int
	Hidden       int
	Layers       int
	Heads        int
	KVHeads      int
	HeadDim      int
	Intermediate int
	MaxPositions int
	TypeVocab    int
	Activation   string // gelu, gelu_new, relu, silu
	Eps          float64
	Dropout      float64 // hidden states
	AttnDropout  float64 // attention probabilities
	HeadDropout  float64 // before the classifier
	InitStd      float64

	PadID int32
	BOSID int32
	EOSID int32

	RopeTheta  float64
	QKVBias    bool
	OutBias    bool // o_proj
	MLPBias    bool
	TiedHead   bool
	Sinusoidal bool // DistilBERT's fixed positions
	Pooler     bool // the checkpoint has a trained pooler
	LMHead     bool // the checkpoint has a language-modelling head
}

// Causal reports whether the model predicts the next token rather than a
// masked one.
func (c *Config) Causal() bool {
	switch c.ModelType {
	case "gpt2", "llama", "mistral", "qwen2":
		return true
	}
	return false
}

// Longest is the number of tokens of the longest sequence that the positions
// allow: RoBERTa counts from the padding token's id on.
func (c *Config) Longest() int {
	if c.ModelType == "roberta" {
		return c.MaxPositions - int(c.PadID) - 1
	}
	return c.MaxPositions
}

// KVDim is the width of keys and values.
func (c *Config) KVDim() int { return c.KVHeads * c.HeadDim }

// A Spec is a parameter that an architecture has.
type Spec struct {
	Name  string
	Shape []int // as in the checkpoint, one or two dimensions
	Init  Init
	// Group is "" for the backbone, "pooler" or "lm_head" for parts that a
	// checkpoint may lack as a whole.
	Group string
	// Layer is the transformer layer, -1 for embeddings, Layers for what
	// comes after the last one.
	Layer int
}

// Count is the number of scalars of the parameter.
func (s Spec) Count() int64 {
	n := int64(1)
	for _, d := range s.Shape {
		n *= int64(d)
	}
	return n
}

// Matrix is the shape as rows and columns: a vector is one row.
func (s Spec) Matrix() (rows, cols int) {
	if len(s.Shape) == 1 {
		return 1, s.Shape[0]
	}
	return s.Shape[0], s.Shape[1]
}

// Init is how a parameter starts when it is not read from a checkpoint.
type Init int

const (
	InitNormal Init = iota // N(0, InitStd)
	InitZero
	InitOne
	InitSinusoid
)

// A Site is a linear layer that methods can attach to.
type Site struct {
	Name    string // module path, as in the checkpoint, without ".weight"
	Role    string // query, key, value, attention_output, intermediate, output, gate, up, down, qkv, pooler
	Layer   int
	In, Out int
	InOut   bool // GPT-2's Conv1D keeps [in, out]
	Bias    bool
}

// WeightName is the parameter that holds the site's matrix.
func (s Site) WeightName() string { return s.Name + ".weight" }

// BiasName is the parameter that holds the site's bias.
func (s Site) BiasName() string { return s.Name + ".bias" }
