package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
)

// hubConfig is what is read of an AdapterHub configuration, of adapters or of
// a head.
type hubConfig struct {
	MHAdapter        bool            `json:"mh_adapter"`
	OutputAdapter    bool            `json:"output_adapter"`
	IsParallel       bool            `json:"is_parallel"`
	OriginalLNBefore bool            `json:"original_ln_before"`
	Reduction        float64         `json:"reduction_factor"`
	NonLinearity     string          `json:"non_linearity"`
	Scaling          float64         `json:"scaling"`
	LNBefore         bool            `json:"ln_before"`
	LNAfter          bool            `json:"ln_after"`
	Gating           bool            `json:"use_gating"`
	PHM              bool            `json:"phm_layer"`
	Invertible       *string         `json:"inv_adapter"`
	ResidualBefore   json.RawMessage `json:"residual_before_ln"`
	LeaveOut         []int           `json:"leave_out"`

	HeadType   string         `json:"head_type"`
	Labels     int            `json:"num_labels"`
	Choices    int            `json:"num_choices"`
	Layers     int            `json:"layers"`
	Activation *string        `json:"activation_function"`
	UsePooler  bool           `json:"use_pooler"`
	Bias       *bool          `json:"bias"`
	Label2ID   map[string]int `json:"label2id"`
}

type hubFile struct {
	Config    *hubConfig `json:"config"`
	ModelName string     `json:"model_name"`
	Name      string     `json:"name"`
}

func readHub(path string) (*hubFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open adapter: %w", err)
	}
	f := &hubFile{}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("open adapter %s: %w", path, err)
	}
	if f.Config == nil {
		return nil, fmt.Errorf("open adapter %s: it has no config", path)
	}
	return f, nil
}

// isHub reports whether dir is AdapterHub's rather than PEFT's.
func isHub(dir string) bool {
	for _, name := range []string{hubWeights, "pytorch_adapter.bin"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func importHub(dir string, base *lm.Base) (*nn.Overlay, Info, error) {
	f, err := readHub(filepath.Join(dir, configFile))
	if err != nil {
		return nil, Info{}, err
	}
	source, err := openWeights(dir, hubWeights, "pytorch_adapter.bin")
	if err != nil {
		return nil, Info{}, err
	}
	defer source.Close()
	r := newReader(source)
	err = readBottlenecks(r, base.Config(), f)
	var labels []string
	if err == nil {
		labels, err = readHubHead(r, base.Config(), dir)
	}
	if err != nil {
		r.o.Free()
		return nil, Info{}, fmt.Errorf("open adapter %s: %w", dir, err)
	}
	return r.o, Info{BaseModel: f.ModelName, Name: f.Name, Labels: labels}, nil
}

func readBottlenecks(r *reader, c *nn.Config, f *hubFile) error {
	h := f.Config
	kind, err := h.kindOf()
	activation := ""
	for ours, theirs := range hubActivations {
		if theirs == h.NonLinearity {
			activation = ours
		}
	}
	switch {
	case err != nil:
		return err
	case h.LNBefore || h.LNAfter || h.Gating || h.PHM || h.Invertible != nil || len(h.LeaveOut) > 0:
		return errors.New("norms, gates, invertible or left-out layers and hypercomplex products are not supported")
	case len(h.ResidualBefore) > 0 && string(h.ResidualBefore) != "true":
		return fmt.Errorf("residual_before_ln = %s is not supported", h.ResidualBefore)
	case activation == "":
		return fmt.Errorf("non_linearity %q is not supported", h.NonLinearity)
	case !(h.Reduction > 0) || int(float64(c.Hidden)/h.Reduction) < 1:
		return fmt.Errorf("reduction_factor %v leaves nothing of the hidden size %d", h.Reduction, c.Hidden)
	case kind == "parallel" && c.Causal():
		return errors.New("parallel adapters of decoders read the residual, and ours what follows its norm")
	}
	width := int(float64(c.Hidden) / h.Reduction)
	for l := range c.Layers {
		for _, part := range hubKinds[kind].parts {
			b := &nn.Bottleneck{Kind: kind, Activation: activation, Scale: float32(h.Scaling)}
			r.o.Bottlenecks[nn.BottleneckSite(l, part)] = b
			for i, t := range hubTensors(c, l, part, f.Name, b) {
				switch i {
				case 0:
					*t.at = r.take(t.name, t.name, width, c.Hidden)
				case 1:
					*t.at = noDecay(r.vector(t.name, t.name, width, width))
				case 2:
					*t.at = r.take(t.name, t.name, c.Hidden, width)
				default:
					*t.at = noDecay(r.vector(t.name, t.name, c.Hidden, c.Hidden))
				}
			}
		}
	}
	return r.finish()
}

// readHubHead reads the head, if the folder has one, and its labels.
func readHubHead(r *reader, c *nn.Config, dir string) ([]string, error) {
	f, err := readHub(filepath.Join(dir, hubHeadConfig))
	if errors.Is(err, fs.ErrNotExist) {
		r.o.Head = &nn.Head{Task: "language_modeling", Pooling: "tokens"}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	source, err := openWeights(dir, hubHeadWeights, "pytorch_model_head.bin")
	if err != nil {
		return nil, err
	}
	defer source.Close()
	k := f.Config
	if k.HeadType == "multiple_choice" && k.Choices > 1 {
		k.Labels = 1 // each choice is scored by itself
	}
	h := &nn.Head{Pooling: "cls", Outputs: k.Labels, Dropout: float32(c.HeadDropout), UsePooler: k.UsePooler}
	switch {
	case k.HeadType == "tagging":
		h.Task, h.Pooling = "tagging", "tokens"
	case k.HeadType == "classification" && k.Labels == 1:
		h.Task = "regression"
	case k.HeadType == "classification":
		h.Task = "classification"
	case k.HeadType == "multilabel_classification":
		h.Task = "multi_label"
	case k.HeadType == "multiple_choice":
		h.Task = "multiple_choice"
	default:
		return nil, fmt.Errorf("head_type %q is not supported", k.HeadType)
	}
	if c.Causal() && h.Pooling == "cls" {
		h.Pooling = "last"
	}
	switch {
	case k.Layers != 1 && k.Layers != 2 || k.Labels < 1:
		return nil, fmt.Errorf("a head of %d layers and %d outputs is not supported", k.Layers, k.Labels)
	case k.UsePooler && !c.Pooler:
		return nil, errors.New("the head reads a pooler, and the base model has none")
	case k.Layers == 2 && (k.Activation == nil || *k.Activation != "tanh" && *k.Activation != "relu"):
		return nil, errors.New("the head's activation_function is neither tanh nor relu")
	case k.Layers == 2:
		h.DenseActivation = *k.Activation
	}
	r.source, r.taken = source, map[string]bool{}
	r.head(h, hubHeadTensors(f.Name, h, k.Layers == 2, k.Bias == nil || *k.Bias), c.Hidden, "")
	r.o.Head = h
	labels := make([]string, k.Labels)
	for l, i := range k.Label2ID {
		if i < 0 || i >= len(labels) {
			return nil, fmt.Errorf("label2id: %q is %d", l, i)
		}
		labels[i] = l
	}
	if len(k.Label2ID) != k.Labels {
		labels = nil
	}
	return labels, r.finish()
}
