package config

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"
)

// TestText lists what odd texts of a file mean.
func TestText(t *testing.T) {
	const heredoc = "dataset \"d\" {\n  task = <<-EOT\n    one\n    two\n  EOT\n}\n"
	for _, c := range []struct{ name, text, summary, task string }{
		{name: "empty", text: ""},
		{name: "only comments", text: "# a\n// b\n/* c */"},
		{name: "no final newline", text: "dataset \"d\" {\n  task = \"x\"\n}", task: "x"},
		{name: "byte order mark", text: "\ufeffdataset \"d\" {\n  task = \"x\"\n}\n", task: "x"},
		{name: "heredoc", text: heredoc, task: "one\ntwo\n"},
		{name: "heredoc with CRLF", text: strings.ReplaceAll(heredoc, "\n", "\r\n"), task: "one\ntwo\n"},
		{name: "CRLF", text: "dataset \"d\" {\r\n  task = \"x\"\r\n}\r\n", task: "x"},
		{name: "tab", text: "dataset\t\"d\"\t{\n\ttask\t=\t\"x\ty\"\n}\n", task: "x\ty"},
		{name: "other scripts in texts", text: "dataset \"d\" {\n  task = \"日本 é ａ\"\n}\n", task: "日本 é ａ"},
		{name: "escapes", text: "dataset \"d\" {\n  task = \"\\u00e9$${x}%%{y}\"\n}\n", task: "é${x}%{y}"},
		{name: "emoji joined", text: "dataset \"d\" {\n  task = \"👩‍💻\"\n}\n", task: "👩‍💻"},
		{name: "UTF-16", text: "\xff\xfem\x00", summary: "Not UTF-8"},
		{name: "UTF-16 big", text: "\xfe\xff\x00m", summary: "Not UTF-8"},
		{name: "truncated UTF-8", text: "# \xe2\x80", summary: "Not UTF-8"},
		{name: "surrogate", text: "# \xed\xa0\x80", summary: "Not UTF-8"},
		{name: "NUL", text: "# \x00", summary: "Control character"},
		{name: "delete", text: "# \x7f", summary: "Control character"},
		{name: "C1", text: "# \u0085", summary: "Control character"},
		{name: "vertical tab", text: "# \v", summary: "Control character"},
		{name: "isolate", text: "# \u2066", summary: "Bidirectional control character"},
		{name: "mark", text: "# \u200f", summary: "Bidirectional control character"},
	} {
		e, diags := load(t, c.text, Options{})
		if c.summary != "" {
			if !diags.HasErrors() || diags[0].Summary != c.summary || diags[0].Subject.Start.Line != 1 {
				t.Errorf("%s: %v, want %s on line 1", c.name, diags, c.summary)
			}
			continue
		}
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.name, diags)
			continue
		}
		if c.task == "" {
			if len(e.Blocks) != 0 {
				t.Errorf("%s: %d blocks", c.name, len(e.Blocks))
			}
		} else if got := e.Blocks[0].Config().(*testDataset).Task; got != c.task {
			t.Errorf("%s: task = %q, want %q", c.name, got, c.task)
		}
	}
}

// TestFiles lists which files are read: regular ones, by whatever path.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.hcl")
	os.WriteFile(good, []byte("model \"m\" {}\n"), 0o644)
	link := filepath.Join(dir, "link.hcl")
	os.Symlink(good, link)
	fifo := filepath.Join(dir, "fifo.hcl")
	if err := syscall.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{good, link, filepath.Join(dir, "sub", "..", "good.hcl")} {
		if _, diags := NewParser().Load([]string{name}, testKinds(), Options{}); diags.HasErrors() && !strings.Contains(name, "sub") {
			t.Errorf("Load(%s): %v", name, diags)
		}
	}
	for _, name := range []string{
		dir, fifo, "/dev/zero", "/dev/null", "/proc/self/mem", filepath.Join(dir, "none.hcl"), "a\x00b",
		strings.Repeat("x", 5000), good + "/x", "",
	} {
		p := NewParser()
		_, diags := p.Load([]string{name}, testKinds(), Options{})
		if len(diags) != 1 || diags[0].Summary != "Cannot read the experiment file" || diags[0].Subject.Filename != name {
			t.Errorf("Load(%.40q) = %v, want that it cannot be read", name, diags)
		}
		var b bytes.Buffer
		if err := p.WriteDiagnostics(&b, diags, false); err != nil || strings.ContainsRune(b.String(), 0) {
			t.Errorf("WriteDiagnostics: %v %q", err, b.String())
		}
	}
	// One bad file does not hide the mistakes of another, nor does it make up unknown names.
	bad := filepath.Join(dir, "other.hcl")
	os.WriteFile(bad, []byte("method \"lora\" \"x\" {\n  rnk = 1\n  models = [model.elsewhere]\n}\n"), 0o644)
	_, diags := NewParser().Load([]string{bad, dir}, testKinds(), Options{})
	if len(diags) != 2 || diags[1].Summary != `Unknown attribute "rnk"` {
		t.Errorf("Load = %v, want the folder and the unknown attribute", diags)
	}
	if _, diags := NewParser().Load(nil, testKinds(), Options{}); len(diags) != 1 {
		t.Errorf("Load of nothing = %v", diags)
	}
}

func TestSameNameInTwoFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	os.WriteFile(a, []byte("\nmodel \"m\" {}\n"), 0o644)
	os.WriteFile(b, []byte("model \"m\" {}\n"), 0o644)
	for _, files := range [][]string{{a, b}, {b, a}} {
		_, diags := NewParser().Load(files, testKinds(), Options{})
		if len(diags) != 1 || diags[0].Subject.Filename != b || !strings.Contains(diags[0].Detail, a+":2:1") {
			t.Errorf("Load = %v, want both positions", diags)
		}
	}
}

func TestVariablesFromTheCommandLine(t *testing.T) {
	const text = `
variable "n" { default = 1.5 }
variable "s" { default = "x" }
variable "b" { default = false }
variable "l" { default = ["a"] }
variable "m" { default = { a = "b" } }
variable "none" {}
dataset "d" {
  task   = "${var.s}/${var.none}"
  labels = var.m
  shift "topic" {
    cut   = var.n
    train = var.l
  }
}
method "lora" "m" {
  bias = var.b
}
`
	e := mustLoad(t, text, Options{Vars: map[string]string{
		"n": "1e-4", "s": "3", "b": "true", "l": `["x", "y"]`, "m": `{ k = "v" }`, "none": "a b \"c\"",
	}})
	d := e.Of("dataset")[0].Config().(*testDataset)
	if d.Task != `3/a b "c"` || d.Shift.Cut != 1e-4 || !cmp.Equal(d.Shift.Train, []string{"x", "y"}) || d.Labels["k"] != "v" {
		t.Errorf("dataset = %+v %+v", d, d.Shift)
	}
	if !e.Of("method")[0].Config().(*testMethod).Method.(*testLoRA).Bias {
		t.Error("bias was not set")
	}
}

func TestDecimal(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 1: "1", -2.5: "-2.5", 1e-4: "0.0001", 3e-5: "0.00003", 1e-6: "0.000001",
		1e-7: "1e-7", -1.5e-10: "-1.5e-10", 1e20: "100000000000000000000", 1e21: "1e+21", 1e300: "1e+300", math.Nextafter(0.3, 1): "0.30000000000000004",
	} {
		if got := decimal(x); got != want {
			t.Errorf("decimal(%g) = %s, want %s", x, got, want)
		}
	}
}

// TestNumbers checks that whole numbers arrive exactly, and decimals as the
// nearest float.
func TestNumbers(t *testing.T) {
	e := mustLoad(t, `
method "lora" "m" {
  sweep {
    rank = [9007199254740993, 9223372036854775807, 1e18, 4 / 2, 0.1 * 30]
  }
}
method "lora" "f" {
  sweep {
    alpha = [0.1, 0.1 + 0.2, 1 / 3, 1e-320, 123456789012345678901234567890]
  }
}
experiment "e" {
  seeds = concat(range(3), range(3, 0, -1), range(0, 1, 0.5 * 2), [max(1, 2, 3), min(5, 4)])
}
`, Options{})
	var ranks []int
	for _, p := range e.Of("method")[0].Points {
		ranks = append(ranks, p.Config.(*testMethod).Method.(*testLoRA).Rank)
	}
	if want := []int{9007199254740993, 9223372036854775807, 1e18, 2, 3}; !cmp.Equal(ranks, want) {
		t.Errorf("ranks %v, want %v", ranks, want)
	}
	var alphas []float64
	for _, p := range e.Of("method")[1].Points {
		alphas = append(alphas, p.Config.(*testMethod).Method.(*testLoRA).Alpha)
	}
	if want := []float64{0.1, 0.3, 1.0 / 3, 1e-320, 1.2345678901234568e29}; !cmp.Equal(alphas, want) {
		t.Errorf("alphas %v, want %v", alphas, want)
	}
	if got, want := e.Of("experiment")[0].Config().(*testExperiment).Seeds, []int{0, 1, 2, 3, 2, 1, 0, 3, 4}; !cmp.Equal(got, want) {
		t.Errorf("seeds %v, want %v", got, want)
	}
}

func TestFunctionsAndExpressions(t *testing.T) {
	for expr, want := range map[string]string{
		`join("+", ["a", 1, true])`:                             "a+1+true",
		`join(",", split(" ", "a b c"))`:                        "a,b,c",
		`upper(lower("AbC"))`:                                   "ABC",
		`format("%s-%03d-%.2f-%q-%%", "x", 7, 1.5, "y")`:        `x-007-1.50-"y"-%`,
		`format("%g", 1e-4)`:                                    "0.0001",
		`join(",", range(0, 1, 0.25))`:                          "0,0.25,0.5,0.75",
		`join(",", range(5, 0, -2))`:                            "5,3,1",
		`join(",", range(3, 1))`:                                "",
		`join(",", range(0, 0.5, 0.1))`:                         "0,0.1,0.2,0.3,0.4",
		`join(",", [for x in [3, 1]: x * 2 if x > 1])`:          "6",
		`join(",", [for k, v in { a = 1, b = 2 }: "${k}${v}"])`: "a1,b2",
		`{ for x in ["a", "b"]: x => upper(x) }.b`:              "B",
		`join(",", { for x in [1, 1, 2]: x => x... }["1"])`:     "1,1",
		`true ? "yes" : "no"`:                                   "yes",
		`"${1 + 2 * 3}%{ if false }x%{ else }y%{ endif }"`:      "7y",
		`"%{ for x in [1, 2] }${x};%{ endfor }"`:                "1;2;",
		`join(",", [{ a = "x" }, { a = "y" }][*].a)`:            "x,y",
		`[["a"], ["b"]][1][0]`:                                  "b",
		`{ "k v" = "w", (upper("a")) = "z" }["A"]`:              "z",
		`min([3, 2, 5]...) == 2 ? "spread" : ""`:                "spread",
		`!(1 > 2) && (3 >= 3 || false) ? "logic" : ""`:          "logic",
		`-5 % 3 == -2 ? "mod" : ""`:                             "mod",
	} {
		e, diags := load(t, "dataset \"d\" {\n  task = "+expr+"\n}\n", Options{})
		if diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
		} else if got := e.Blocks[0].Config().(*testDataset).Task; got != want {
			t.Errorf("%s = %q, want %q", expr, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"learning_rate", "rank", "alpha", "models", "epochs"}
	for name, want := range map[string]string{
		"learningrate": "learning_rate", "lerning_rat": "learning_rate", "rnak": "rank", "Rank": "rank", "ranks": "rank", "model": "models",
		"x": "", "dropout": "", "alhpa": "alpha", "": "",
	} {
		if got := nearest(name, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := lookalikes("rаnk"); !strings.Contains(got, "U+0430") {
		t.Errorf("lookalikes = %q, want the code point of the Cyrillic letter", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.StringN(0, 8, -1).Draw(rt, "a"), rapid.StringN(0, 8, -1).Draw(rt, "b")
		d := editDistance(a, b)
		if d != editDistance(b, a) || (d == 0) != (string([]rune(a)) == string([]rune(b))) || d > max(len([]rune(a)), len([]rune(b))) {
			rt.Fatalf("editDistance(%q, %q) = %d", a, b, d)
		}
	})
}

func TestAttrRange(t *testing.T) {
	e := mustLoad(t, legal, Options{})
	lora := e.Find(Ref{Kind: "method", Name: "lora"})
	model := e.Find(Ref{Kind: "model", Name: "base"})
	year := e.Find(Ref{Kind: "dataset", Name: "by_year"})
	for _, c := range []struct {
		got  hcl.Range
		want string
	}{
		{lora.AttrRange("bias"), "bias   = true"},
		{lora.AttrRange("rank"), "rank  = [4"},
		{lora.AttrRange("nothing"), `method "lora" "lora"`},
		{model.AttrRange("pretrain.steps"), "steps = local"},
		{model.AttrRange("pretrain"), "pretrain {"},
		{year.AttrRange("labels"), `labels = { "1"`},
		{year.AttrRange("name"), `dataset "by_year"`},
	} {
		line := strings.Split(legal, "\n")[c.got.Start.Line-1]
		if !strings.Contains(line, c.want) {
			t.Errorf("range %v is on the line %q, want %q", c.got, line, c.want)
		}
	}
}
