package peft

import (
	"errors"
	"fmt"

	"runexp/internal/lm/nn"
)

// headLayout is where a Transformers class keeps its head.
type headLayout struct {
	class  string // such as BertForSequenceClassification
	dense  string // module of the first layer, "" if there is none
	out    string // module of the last layer, "" for a language model
	bias   bool   // of out
	pooler bool   // out reads the pooler
	act    string // after dense
	pool   string // which row is read
	reads  string // which of the class's logits are read, "" if the class itself chooses
}

var families = map[string]string{
	"bert": "Bert", "roberta": "Roberta", "distilbert": "DistilBert", "gpt2": "GPT2",
	"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2",
}

// layoutOf is the head of the class that Transformers has for a task; an
// error if it has none that computes what ours do.
func layoutOf(c *nn.Config, task string) (headLayout, error) {
	family := families[c.ModelType]
	switch task {
	case "language_modeling":
		switch {
		case c.ModelType == "gpt2":
			return headLayout{class: "GPT2LMHeadModel"}, nil
		case c.Causal():
			return headLayout{class: family + "ForCausalLM"}, nil
		}
		return headLayout{class: family + "ForMaskedLM"}, nil
	case "tagging":
		if c.Causal() {
			return headLayout{}, fmt.Errorf("%sForTokenClassification has a bias that our head lacks", family)
		}
		return headLayout{class: family + "ForTokenClassification", out: "classifier", bias: true, pool: "tokens"}, nil
	case "multiple_choice":
		if c.Causal() || c.ModelType == "roberta" {
			return headLayout{}, fmt.Errorf("no class of Transformers has our multiple-choice head for %s", c.ModelType)
		}
	}
	h := headLayout{class: family + "ForSequenceClassification", out: "classifier", bias: true, pool: "cls"}
	if task == "multiple_choice" {
		h.class = family + "ForMultipleChoice"
	}
	switch c.ModelType {
	case "bert":
		h.pooler = true
	case "roberta":
		h.dense, h.act, h.out = "classifier.dense", "tanh", "classifier.out_proj"
	case "distilbert":
		h.dense, h.act = "pre_classifier", "relu"
	default:
		h.out, h.bias, h.pool = "score", false, "last"
	}
	return h, nil
}

// taskOf is the task whose class a head belongs to: heads of label words are
// the language model's own.
func taskOf(h *nn.Head) string {
	if h == nil || h.Words != nil {
		return "language_modeling"
	}
	return h.Task
}

// matchHead returns the layout of the class that computes what h does, or
// says how h differs from that of its task.
func matchHead(c *nn.Config, h *nn.Head) (headLayout, error) {
	l, err := matchTask(c, h)
	if err != nil {
		if tokens, ok := tokenLayout(c, h); ok {
			return tokens, nil
		}
	}
	return l, err
}

// matchTask is matchHead for the class of the head's task.
func matchTask(c *nn.Config, h *nn.Head) (headLayout, error) {
	l, err := layoutOf(c, taskOf(h))
	if err != nil || l.out == "" {
		return l, err
	}
	switch {
	case h.Pooling != l.pool:
		return l, fmt.Errorf("the head reads %s, and %s reads %s", poolings[h.Pooling], l.class, poolings[l.pool])
	case h.UsePooler && !l.pooler:
		return l, fmt.Errorf("the head reads the checkpoint's pooler, and %s has none", l.class)
	case l.pooler && !c.Pooler:
		return l, fmt.Errorf("the base model has no pooler, and %s reads one: only a checkpoint with a pooler can be exported as this class", l.class)
	case !h.UsePooler && l.pooler:
		return l, fmt.Errorf("the head reads the hidden state of the first token, and %s has a pooler in between", l.class)
	case (h.Dense != nil) != (l.dense != "") || h.Dense != nil && h.DenseActivation != l.act:
		return l, fmt.Errorf("the head's layers are not those of %s", l.class)
	case (h.OutBias != nil) != l.bias:
		return l, fmt.Errorf("%s differs from the head in having or lacking a bias", l.class)
	}
	return l, nil
}

var poolings = map[string]string{
	"cls": "the first token", "last": "the last token", "mean": "the mean of all tokens",
	"max": "the maximum over all tokens", "tokens": "every token", "mask": "the mask token",
}

// named lists the head's parameters under the class's names.
func (l headLayout) named(h *nn.Head) []headTensor {
	var list []headTensor
	if l.dense != "" {
		list = append(list, headTensor{l.dense + ".weight", &h.Dense, 2}, headTensor{l.dense + ".bias", &h.DenseBias, 1})
	}
	if l.out != "" {
		list = append(list, headTensor{l.out + ".weight", &h.Out, 2})
	}
	if l.bias {
		list = append(list, headTensor{l.out + ".bias", &h.OutBias, 1})
	}
	return list
}

type headTensor struct {
	name string
	at   **nn.Param
	dims int
}

// shape is the parameter's shape with that many dimensions.
func (t headTensor) shape() []int {
	v := (*t.at).Value
	if t.dims == 1 {
		return []int{v.Cols}
	}
	return []int{v.Rows, v.Cols}
}

// head writes the head under prefix, and the task.
func (e *exporter) head(prefix string) error {
	l, err := matchHead(e.base.Config(), e.o.Head)
	if err != nil {
		return err
	}
	if e.reading = newReading(l, e.o); e.reading != nil {
		e.warn("%s", e.reading.warning())
	}
	switch task := taskOf(e.o.Head); {
	case task == "tagging" || e.reading != nil:
		e.config["task_type"] = "TOKEN_CLS"
	case task == "language_modeling" && e.base.Config().Causal():
		e.config["task_type"] = "CAUSAL_LM"
	case task == "language_modeling" || task == "multiple_choice":
		// PEFT has no such task; the class says it.
		e.config["auto_mapping"] = map[string]any{"base_model_class": l.class, "parent_library": "transformers"}
		if l.out != "" {
			if prefix == promptPrefix {
				return errors.New("PEFT keeps no head beside trained tokens for multiple choice")
			}
			e.config["modules_to_save"] = []string{"classifier"}
		}
	default:
		e.config["task_type"] = "SEQ_CLS"
	}
	if h := e.o.Head; h != nil && h.Words != nil {
		e.warn("the label words are not part of the files; the labels' scores are the language model's logits of those words")
	}
	for _, t := range l.named(e.o.Head) {
		e.add(prefix+t.name, *t.at, t.shape()...)
	}
	return nil
}
