package peft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// writeConfig writes JSON as PEFT does: two spaces, keys sorted, "<" as it is.
func writeConfig(path string, config any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(config); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path, bytes.TrimRight(text.Bytes(), "\n"), 0o644); err != nil {
		return fmt.Errorf("write adapter: %w", err)
	}
	return nil
}

// peftConfig is what is read of adapter_config.json, for all methods.
type peftConfig struct {
	PEFTType    string `json:"peft_type"`
	TaskType    string `json:"task_type"`
	BaseModel   string `json:"base_model_name_or_path"`
	Revision    string `json:"revision"`
	AutoMapping struct {
		Class string `json:"base_model_class"`
	} `json:"auto_mapping"`

	R                 int                `json:"r"`
	Alpha             float64            `json:"lora_alpha"`
	Dropout           float64            `json:"lora_dropout"`
	RankPattern       map[string]int     `json:"rank_pattern"`
	AlphaPattern      map[string]float64 `json:"alpha_pattern"`
	UseRSLoRA         bool               `json:"use_rslora"`
	UseDoRA           bool               `json:"use_dora"`
	Bias              string             `json:"bias"`
	Init              any                `json:"init_lora_weights"`
	Targets           targets            `json:"target_modules"`
	ModulesToSave     []string           `json:"modules_to_save"`
	FeedForward       targets            `json:"feedforward_modules"`
	LayersToTransform intList            `json:"layers_to_transform"`

	Tokens     int  `json:"num_virtual_tokens"`
	Submodules *int `json:"num_transformer_submodules"`

	// What this program does not compute, and so must not be on.
	LoRABias         bool            `json:"lora_bias"`
	UseQALoRA        bool            `json:"use_qalora"`
	LayerReplication json.RawMessage `json:"layer_replication"`
	TargetParameters json.RawMessage `json:"target_parameters"`
	TokenIndices     json.RawMessage `json:"trainable_token_indices"`
}

// targets is a list of module suffixes, or a pattern that a whole path
// matches.
type targets struct {
	List    []string
	Pattern string
}

func (t *targets) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &t.Pattern); err == nil {
		return nil
	}
	return json.Unmarshal(text, &t.List)
}

// intList is one number or several.
type intList []int

func (l *intList) UnmarshalJSON(text []byte) error {
	var one int
	if err := json.Unmarshal(text, &one); err == nil {
		if !bytes.Equal(text, []byte("null")) {
			*l = intList{one}
		}
		return nil
	}
	return json.Unmarshal(text, (*[]int)(l))
}

func readConfig(path string) (*peftConfig, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open adapter: %w", err)
	}
	c := &peftConfig{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("open adapter %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open adapter %s: %w", path, err)
	}
	return c, nil
}

// check refuses variants that would be computed wrongly.
func (c *peftConfig) check() error {
	set := func(raw json.RawMessage) bool {
		return len(raw) > 0 && !slices.Contains([]string{"null", "[]", "{}"}, string(bytes.TrimSpace(raw)))
	}
	for name, on := range map[string]bool{
		"lora_bias": c.LoRABias, "use_qalora": c.UseQALoRA, "layer_replication": set(c.LayerReplication),
		"target_parameters": set(c.TargetParameters), "trainable_token_indices": set(c.TokenIndices),
	} {
		if on {
			return fmt.Errorf("%s is not supported", name)
		}
	}
	if kind, ok := c.Init.(string); ok && !slices.Contains([]string{"gaussian", "true", "eva", "orthogonal"}, kind) {
		return fmt.Errorf("init_lora_weights %q changes the base model's weights when PEFT loads it; convert the adapter to plain LoRA first", kind)
	}
	return nil
}
