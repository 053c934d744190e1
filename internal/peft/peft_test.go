package peft_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/peft"
	"runexp/internal/testkit"
	"runexp/methods"
)

var families = []string{"bert", "roberta", "distilbert", "gpt2", "llama", "mistral", "qwen2"}

func load(t *testing.T, family string) *lm.Base {
	t.Helper()
	b, err := lm.Load(filepath.Join(testkit.Root(t), "internal", "lm", "testdata", "checkpoints", family))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// adapted makes the overlay of a method on a task of three outputs, with
// every number moved away from its start.
func adapted(t *testing.T, base *lm.Base, m methods.Method, task string) *nn.Overlay {
	t.Helper()
	setup := methods.Setup{Head: nn.HeadSpec{Task: task, Outputs: 3}}
	if task == "multiple_choice" {
		setup.Head.Outputs = 1
	}
	o, err := m.(methods.Adapter).Adapt(base, setup, key())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Free)
	methods.FoldPrefix(o)
	for i, p := range o.Params() {
		scratch := o.Arena.New(p.Value.Rows, p.Value.Cols)
		tensor.FillNormal(scratch, 0, 0.1, tensor.NewKey(2, "move").At(uint64(i)))
		tensor.Add(p.Value, p.Value, scratch)
	}
	return o
}

func key() tensor.Key { return tensor.NewKey(1, "test") }

// logits are the head's outputs on three sequences.
func logits(base *lm.Base, o *nn.Overlay) []float32 {
	a := tensor.NewArena()
	defer a.Free()
	b := nn.NewBatch([][]int32{{2, 7, 9, 3}, {2, 11, 20, 31, 12, 3}, {2, 8, 3}}, nil)
	pass := base.Pass(autodiff.New(a, false), o)
	if o.Head.Out == nil {
		return slices.Clone(pass.LMLogits(base.Arch, b, func(int) []int { return []int{1} }).Value.Slice())
	}
	return slices.Clone(pass.Forward(base.Arch, b).Value.Slice())
}

func dora() methods.Method {
	m := methods.NewLoRA()
	m.Variant, m.Bias = "dora", "lora_only"
	return m
}

func rslora() methods.Method {
	m := methods.NewLoRA()
	m.Variant, m.Rank, m.Alpha, m.Bias, m.Targets = "rslora", 3, 5, "all", []string{"all-linear"}
	return m
}

func prefix() methods.Method {
	m := methods.NewPrefixTuning()
	m.Tokens, m.ShiftPositions = 4, true
	return m
}

// prompt reads the first row, as PEFT does, where the head reads CLS.
func prompt() methods.Method {
	m := methods.NewPromptTuning()
	m.Tokens, m.Reads = 4, "first"
	return m
}

var exportable = map[string]func() methods.Method{
	"lora":       func() methods.Method { return methods.NewLoRA() },
	"rslora":     rslora,
	"dora":       dora,
	"ia3":        func() methods.Method { return &methods.IA3{} },
	"prompt":     prompt,
	"prefix":     prefix,
	"layer_norm": func() methods.Method { return &methods.LayerNorm{} },
}

func TestWhatIsExportedComesBackBitForBit(t *testing.T) {
	for _, family := range families {
		base := load(t, family)
		for name, method := range exportable {
			if name == "prefix" && family == "distilbert" {
				continue // refused; see below
			}
			t.Run(family+"/"+name, func(t *testing.T) {
				m := method()
				if p, ok := m.(*methods.PromptTuning); ok && base.Config().Causal() {
					p.Reads = "cls"
				}
				o := adapted(t, base, m, "classification")
				dir := t.TempDir()
				info := peft.Info{BaseModel: "some/model", Revision: "abc", RSLoRA: name == "rslora"}
				if _, err := peft.Export(dir, base, o, info); err != nil {
					t.Fatal(err)
				}
				back, read, err := peft.Import(dir, base)
				if err != nil {
					t.Fatal(err)
				}
				defer back.Free()
				if fmt.Sprint(read) != fmt.Sprint(info) {
					t.Errorf("Import says %+v, want %+v", read, info)
				}
				if got, want := logits(base, back), logits(base, o); !slices.Equal(got, want) {
					t.Errorf("logits after import %v, before %v", got, want)
				}
				again := t.TempDir()
				if _, err := peft.Export(again, base, back, read); err != nil {
					t.Fatal(err)
				}
				sameFiles(t, dir, again, "adapter_model.safetensors", "adapter_config.json")
			})
		}
	}
}

func sameFiles(t *testing.T, a, b string, names ...string) {
	t.Helper()
	for _, n := range names {
		x, err := os.ReadFile(filepath.Join(a, n))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, n))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s differs: %d and %d bytes", n, len(x), len(y))
		}
	}
}

func TestOtherTasksComeBack(t *testing.T) {
	for family, tasks := range map[string][]string{
		"bert": {"tagging", "multiple_choice"}, "distilbert": {"tagging", "multiple_choice"}, "roberta": {"tagging"}, "gpt2": {"language_modeling"}, "llama": {"language_modeling"},
	} {
		base := load(t, family)
		for _, task := range tasks {
			o := adapted(t, base, methods.NewLoRA(), task)
			dir := t.TempDir()
			if _, err := peft.Export(dir, base, o, peft.Info{}); err != nil {
				t.Errorf("%s, %s: %v", family, task, err)
				continue
			}
			back, _, err := peft.Import(dir, base)
			if err != nil {
				t.Errorf("%s, %s: %v", family, task, err)
				continue
			}
			if back.Head.Task != task || !slices.Equal(logits(base, back), logits(base, o)) {
				t.Errorf("%s: a %s task came back as %s or with other numbers", family, task, back.Head.Task)
			}
			back.Free()
		}
	}
}

// config is adapter_config.json as plain values.
func config(t *testing.T, dir string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]any{}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTargetsAreThoseThatPEFTWouldName(t *testing.T) {
	for family, want := range map[string]struct{ lora, ia3, feedForward string }{
		"bert":       {"[query value]", "[key output.dense value]", "[output.dense]"},
		"roberta":    {"[query value]", "[key output.dense value]", "[output.dense]"},
		"distilbert": {"[q_lin v_lin]", "[k_lin lin2 v_lin]", "[lin2]"},
		"gpt2":       {"[c_attn]", "[c_attn mlp.c_proj]", "[mlp.c_proj]"},
		"llama":      {"[q_proj v_proj]", "[down_proj k_proj v_proj]", "[down_proj]"},
		"qwen2":      {"[q_proj v_proj]", "[down_proj q_proj v_proj]", "[down_proj]"},
	} {
		base := load(t, family)
		dir := t.TempDir()
		if _, err := peft.Export(dir, base, adapted(t, base, methods.NewLoRA(), "classification"), peft.Info{}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(config(t, dir)["target_modules"]); got != want.lora {
			t.Errorf("%s: LoRA targets %s, want %s", family, got, want.lora)
		}
		dir = t.TempDir()
		if _, err := peft.Export(dir, base, adapted(t, base, &methods.IA3{}, "classification"), peft.Info{}); err != nil {
			t.Fatal(err)
		}
		c := config(t, dir)
		if got := fmt.Sprint(c["target_modules"]); got != want.ia3 {
			t.Errorf("%s: IA3 targets %s, want %s", family, got, want.ia3)
		}
		if got := fmt.Sprint(c["feedforward_modules"]); got != want.feedForward {
			t.Errorf("%s: IA3 feed-forward modules %s, want %s", family, got, want.feedForward)
		}
	}
}

// BERT's feed-forward output cannot be told from the attention's by the end
// of its name alone.
func TestAmbiguousTargetsGetTheirLayers(t *testing.T) {
	base := load(t, "bert")
	m := methods.NewLoRA()
	m.Targets = []string{"output"}
	dir := t.TempDir()
	o := adapted(t, base, m, "classification")
	if _, err := peft.Export(dir, base, o, peft.Info{}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(config(t, dir)["target_modules"]); got != "[0.output.dense 1.output.dense]" {
		t.Errorf("target_modules = %s", got)
	}
	back, _, err := peft.Import(dir, base)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if len(back.LowRank) != len(o.LowRank) {
		t.Errorf("%d sites came back, want %d", len(back.LowRank), len(o.LowRank))
	}
}

func TestWhatPEFTCannotSayIsAnError(t *testing.T) {
	lora := func(change func(o *nn.Overlay)) func(*testing.T, *lm.Base) *nn.Overlay {
		return func(t *testing.T, b *lm.Base) *nn.Overlay {
			o := adapted(t, b, methods.NewLoRA(), "classification")
			change(o)
			return o
		}
	}
	method := func(m methods.Method) func(*testing.T, *lm.Base) *nn.Overlay {
		return func(t *testing.T, b *lm.Base) *nn.Overlay { return adapted(t, b, m, "classification") }
	}
	after, reads := methods.NewPromptTuning(), methods.NewPromptTuning()
	after.Tokens, after.Position, reads.Tokens = 4, "after_first", 4
	for _, c := range []struct {
		family  string
		overlay func(*testing.T, *lm.Base) *nn.Overlay
		want    string
	}{
		{"bert", method(&methods.BitFit{}), "-merge"},
		{"bert", method(methods.NewFineTuning()), "-merge"},
		{"bert", method(&methods.FineTuning{Layers: 0, LayerDecay: 1}), "only a head"},
		{"bert", method(methods.NewBottleneck()), "AdapterHub"},
		{"bert", method(methods.NewPrefixTuning()), "shift_positions"},
		{"distilbert", method(prefix()), "DistilBERT"},
		{"bert", method(reads), `reads = "first"`},
		{"bert", method(after), "after_first"},
		{"bert", lora(func(o *nn.Overlay) { o.Head.Pooling = "mean" }), "the mean of all tokens"},
		{"bert", lora(func(o *nn.Overlay) { o.Head.UsePooler, o.Head.Pooling = false, "max" }), "the maximum over all tokens"},
		{"gpt2", lora(func(o *nn.Overlay) { o.Head.Pooling = "mean" }), "the last token"},
		{"roberta", func(t *testing.T, b *lm.Base) *nn.Overlay {
			return adapted(t, b, methods.NewLoRA(), "multiple_choice")
		}, "multiple-choice"},
	} {
		base := load(t, c.family)
		dir := filepath.Join(t.TempDir(), "out")
		_, err := peft.Export(dir, base, c.overlay(t, base), peft.Info{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.family, err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder was written all the same", c.want)
		}
	}
}

func TestMissingAndLeftOverTensorsAreListed(t *testing.T) {
	base := load(t, "bert")
	dir := t.TempDir()
	if _, err := peft.Export(dir, base, adapted(t, base, methods.NewLoRA(), "classification"), peft.Info{}); err != nil {
		t.Fatal(err)
	}
	edit := func(change func(c map[string]any)) error {
		other := t.TempDir()
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		c := config(t, other)
		change(c)
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, "adapter_config.json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
		o, _, err := peft.Import(other, base)
		if err == nil {
			o.Free()
		}
		return err
	}
	for _, c := range []struct {
		change func(map[string]any)
		want   []string
	}{
		{func(c map[string]any) { c["target_modules"] = []string{"query", "key"} }, []string{
			`missing tensor "base_model.model.bert.encoder.layer.1.attention.self.key.lora_A.weight"`,
			`unexpected tensor "base_model.model.bert.encoder.layer.0.attention.self.value.lora_B.weight"`}},
		{func(c map[string]any) { c["r"] = 4 }, []string{"has shape [8 16], expected [4 16]"}},
		{func(c map[string]any) { c["rank_pattern"] = map[string]int{"layer.1.*value": 2} }, []string{"layer.1.attention.self.value.lora_A.weight\" has shape [8 16], expected [2 16]"}},
		{func(c map[string]any) { c["use_dora"] = true }, []string{"missing tensor", "lora_magnitude_vector"}},
		{func(c map[string]any) { c["layers_to_transform"] = 0 }, []string{"unexpected tensor", "layer.1."}},
		{func(c map[string]any) { c["task_type"] = "FEATURE_EXTRACTION" }, []string{`unexpected tensor "base_model.model.classifier.weight"`}},
		{func(c map[string]any) { c["init_lora_weights"] = "pissa" }, []string{"pissa"}},
		{func(c map[string]any) { c["lora_bias"] = true }, []string{"lora_bias"}},
		{func(c map[string]any) { c["peft_type"] = "OFT" }, []string{"OFT"}},
		{func(c map[string]any) { c["target_modules"] = "(" }, []string{"target_modules"}},
	} {
		err := edit(c.change)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one that says %q", err, want)
			}
		}
	}
	for name, same := range map[string]func(c map[string]any){
		"a pattern":     func(c map[string]any) { c["target_modules"] = `.*\.self\.(query|value)` },
		"alpha_pattern": func(c map[string]any) { c["alpha_pattern"] = map[string]float64{"query": 16, "value": 16} },
		"an unknown":    func(c map[string]any) { c["something_new"] = []int{1} },
	} {
		if err := edit(same); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Several LoRAs in one folder have their ranks and scales by pattern.
func TestDifferentRanksBecomePatterns(t *testing.T) {
	base := load(t, "llama")
	part := func(rank int, alpha float64, targets ...string) *methods.Part {
		m := methods.NewLoRA()
		m.Rank, m.Alpha, m.Targets = rank, alpha, targets
		return &methods.Part{Name: "lora", Method: m}
	}
	o := adapted(t, base, &methods.Union{Parts: []*methods.Part{part(2, 7, "query", "key"), part(3, 10, "value")}}, "classification")
	dir := t.TempDir()
	if _, err := peft.Export(dir, base, o, peft.Info{}); err != nil {
		t.Fatal(err)
	}
	c := config(t, dir)
	ranks := c["rank_pattern"].(map[string]any)
	alphas := c["alpha_pattern"].(map[string]any)
	const value = "model.layers.1.self_attn.v_proj"
	if c["r"] != 2.0 || c["lora_alpha"] != 7.0 || len(ranks) != 2 || ranks[value] != 3.0 || alphas[value] != 10.0 {
		t.Errorf("r %v, lora_alpha %v, rank_pattern %v, alpha_pattern %v", c["r"], c["lora_alpha"], ranks, alphas)
	}
	back, _, err := peft.Import(dir, base)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if !slices.Equal(logits(base, back), logits(base, o)) {
		t.Error("other logits after import")
	}
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	base := load(t, "bert")
	o := adapted(t, base, methods.NewLoRA(), "classification")
	o.Head.Out.Value.Slice()[5] = float32(math.NaN())
	dir := t.TempDir()
	if _, err := peft.Export(dir, base, o, peft.Info{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := peft.Import(dir, base); err == nil || !strings.Contains(err.Error(), `classifier.weight"[5] = NaN`) {
		t.Errorf("error %v, want one that says where", err)
	}
}

// Whole modules in modules_to_save are replaced parameters.
func TestSavedModulesAreReplaced(t *testing.T) {
	base := load(t, "bert")
	dir := t.TempDir()
	m := methods.NewLoRA()
	m.Bias = "all"
	if _, err := peft.Export(dir, base, adapted(t, base, m, "classification"), peft.Info{}); err != nil {
		t.Fatal(err)
	}
	o, _, err := peft.Import(dir, base)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Free()
	if o.Replaced["bert.pooler.dense.bias"] == nil || o.Replaced["bert.encoder.layer.0.attention.self.query.bias"] == nil {
		t.Errorf("biases came back as %d replaced parameters", len(o.Replaced))
	}
}

// An independent reader finds the same numbers, and the change of each
// weight that the configuration implies.
func TestPythonReadsTheSameNumbers(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to read the files with")
	}
	for _, family := range []string{"bert", "gpt2"} {
		base := load(t, family)
		o := adapted(t, base, rslora(), "classification")
		dir := t.TempDir()
		if _, err := peft.Export(dir, base, o, peft.Info{RSLoRA: true}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(python, filepath.Join("testdata", "read.py"), dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			Tensors map[string]struct {
				Shape  []int
				Values []float32
			}
			Changes map[string][]float64
		}
		if err := json.Unmarshal(out, &read); err != nil {
			t.Fatal(err)
		}
		for site, l := range o.LowRank {
			for end, p := range map[string]*nn.Param{".lora_A.weight": l.A, ".lora_B.weight": l.B} {
				got := read.Tensors["base_model.model."+site+end]
				if !slices.Equal(got.Values, p.Value.Slice()) || !slices.Equal(got.Shape, []int{p.Value.Rows, p.Value.Cols}) {
					t.Errorf("%s%s has shape %v or other numbers", site, end, got.Shape)
				}
			}
			a := tensor.NewArena()
			change := a.New(l.B.Value.Rows, l.A.Value.Cols)
			tensor.Gemm(change, l.B.Value, l.A.Value, false, false, false)
			tensor.Scale(change, change, l.Scale)
			for i, want := range change.Slice() {
				if got := read.Changes["base_model.model."+site][i]; math.Abs(got-float64(want)) > 1e-6 {
					t.Fatalf("%s: change %d is %v, want %v", site, i, got, want)
				}
			}
			a.Free()
		}
	}
}
