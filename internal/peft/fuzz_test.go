package peft_test

import (
	"os"
	"path/filepath"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/peft"
	"runexp/internal/testkit"
	"runexp/methods"
)

// Whatever a configuration says, reading it gives an overlay or an error.
func FuzzImport(f *testing.F) {
	base, err := lm.Load(filepath.Join(testkit.Root(f), "internal", "lm", "testdata", "checkpoints", "bert"))
	if err != nil {
		f.Fatal(err)
	}
	defer base.Free()
	for _, text := range []string{
		`{"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 8, "lora_alpha": 16, "target_modules": ["query", "value"]}`,
		`{"peft_type": "LORA", "r": -1, "rank_pattern": {"(": 1}, "target_modules": "all-linear"}`,
		`{"peft_type": "IA3", "target_modules": ".*", "feedforward_modules": [""]}`,
		`{"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 1000000000000, "num_transformer_submodules": null}`,
		`{"peft_type": "PROMPT_TUNING", "num_virtual_tokens": -5}`,
		`{"peft_type": "LN_TUNING", "target_modules": "[", "modules_to_save": ["bert", ""]}`,
		`{"config": {"reduction_factor": 1e-300, "output_adapter": true}}`, `null`, `[]`, `{`,
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	dirs := map[bool]string{false: f.TempDir(), true: f.TempDir()}
	setup := methods.Setup{}
	setup.Head.Task, setup.Head.Outputs = "classification", 3
	for hub, m := range map[bool]methods.Adapter{false: methods.NewLoRA(), true: methods.NewBottleneck()} {
		o, err := m.Adapt(base, setup, key())
		if err != nil {
			f.Fatal(err)
		}
		if hub {
			_, err = peft.ExportHub(dirs[hub], base, o, peft.Info{Name: "x"})
		} else {
			_, err = peft.Export(dirs[hub], base, o, peft.Info{})
		}
		if err != nil {
			f.Fatal(err)
		}
		o.Free()
	}
	f.Fuzz(func(t *testing.T, text []byte, hub bool) {
		if err := os.WriteFile(filepath.Join(dirs[hub], "adapter_config.json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
		if o, _, err := peft.Import(dirs[hub], base); err == nil {
			o.Free()
		}
	})
}
