package config

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// nested builds texts that go n deep in each way that HCL knows.
var nested = map[string]func(n int) string{
	"parentheses":       func(n int) string { return "x = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
	"open parentheses":  func(n int) string { return "x = " + strings.Repeat("(", n) },
	"brackets":          func(n int) string { return "x = " + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) },
	"braces":            func(n int) string { return "x = " + strings.Repeat("{a=", n) + "1" + strings.Repeat("}", n) },
	"templates":         func(n int) string { return "x = " + strings.Repeat(`"${`, n) + "1" + strings.Repeat(`}"`, n) },
	"not":               func(n int) string { return "x = " + strings.Repeat("!", n) + "true" },
	"minus":             func(n int) string { return "x = " + strings.Repeat("-", n) + "1" },
	"spaced minus":      func(n int) string { return "x = " + strings.Repeat("- ", n) + "1" },
	"conditionals":      func(n int) string { return "x = " + strings.Repeat("true ? 1 : ", n) + "1" },
	"inner conditional": func(n int) string { return "x = " + strings.Repeat("true ? ", n) + "1" + strings.Repeat(" : 1", n) },
	"calls":             func(n int) string { return "x = " + strings.Repeat("min(", n) + "1" + strings.Repeat(")", n) },
	"indices":           func(n int) string { return "x = " + strings.Repeat("a[", n) + "1" + strings.Repeat("]", n) },
	"for": func(n int) string {
		return "x = " + strings.Repeat("[for a in [1]: ", n) + "1" + strings.Repeat("]", n)
	},
	"blocks": func(n int) string { return strings.Repeat("a {\n", n) + strings.Repeat("}\n", n) },
	"if directives": func(n int) string {
		return `x = "` + strings.Repeat("%{ if true }", n) + strings.Repeat("%{ endif }", n) + `"`
	},
	"for directives": func(n int) string {
		return `x = "` + strings.Repeat("%{~ for a in [1] ~}", n) + strings.Repeat("%{ endfor }", n) + `"`
	},
}

// long builds expressions with n operators in a row.
var long = map[string]func(n int) string{
	"sum":        func(n int) string { return "x = 1" + strings.Repeat("+1", n) },
	"and":        func(n int) string { return "x = true" + strings.Repeat("&&true", n) },
	"comparison": func(n int) string { return "x = 1" + strings.Repeat("<1", n) },
	"traversal":  func(n int) string { return "x = a" + strings.Repeat(".b", n) },
	"index":      func(n int) string { return "x = a" + strings.Repeat("[0]", n) },
	"splat":      func(n int) string { return "x = a" + strings.Repeat("[*]", n) },
	"in parts": func(n int) string {
		return "x = " + strings.Repeat("(1"+strings.Repeat("+1", n/50)+"+", 50) + "1" + strings.Repeat(")", 50)
	},
	"interpolation": func(n int) string {
		return "x = \"" + strings.Repeat("${1+", 50) + "1" + strings.Repeat("+1", n) + strings.Repeat("}", 50) + "\""
	},
}

func TestDepthAtTheLimit(t *testing.T) {
	for name, text := range nested {
		if name == "open parentheses" || name == "indices" {
			continue // never without mistakes
		}
		n := maxDepth
		switch name {
		case "if directives", "for":
			n-- // the braces of the innermost directive, or its list, count as well
		case "for directives":
			n -= 2
		}
		if _, diags := NewParser().parse("x.hcl", []byte(text(n)+"\n")); diags.HasErrors() {
			t.Errorf("%s %d deep: %v, want it accepted", name, n, diags)
		}
	}
}

// TestLimitsHold runs the parser on each hostile text in a process of its own
// with little memory and time, since what it guards against kills the process.
func TestLimitsHold(t *testing.T) {
	if name := os.Getenv("CONFIG_TEST_FILE"); name != "" {
		p := NewParser()
		_, diags := p.Load([]string{name}, testKinds(), Options{})
		for _, d := range diags {
			if d.Subject == nil {
				fmt.Printf("%s: %s\n", name, d.Summary)
				continue
			}
			fmt.Printf("%s: %s\n", position(*d.Subject), d.Summary)
		}
		return
	}
	depths := []int{100_000}
	if os.Getenv("RUNEXP_LONG") != "" {
		depths = []int{65, 1_000, 100_000, 1_000_000}
	}
	dir := t.TempDir()
	run := func(name, text string, want ...string) {
		path := filepath.Join(dir, "x.hcl")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimitsHold$")
		cmd.Env = append(os.Environ(), "CONFIG_TEST_FILE="+path)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: the process died: %v\n%.300s", name, err, out)
			return
		}
		found := false
		for _, w := range want {
			found = found || strings.Contains(string(out), w)
		}
		if !found || !strings.Contains(string(out), path+":") {
			t.Errorf("%s: got %.300q, want %q with its position", name, out, want)
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if peak := usage.Maxrss / 1024; peak > 256 {
			t.Errorf("%s: peak memory %d MiB, want at most 256", name, peak)
		}
		if cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); cpu > 4*time.Second {
			t.Errorf("%s: %v of processor time, want less than 4 s", name, cpu)
		}
		if testing.Verbose() {
			t.Logf("%-28s %8v %4d MiB", name, time.Since(start).Round(time.Millisecond), usage.Maxrss/1024)
		}
	}
	for name, text := range nested {
		for _, n := range depths {
			run(name+" "+strconv.Itoa(n), text(n), "Nested too deeply", "Experiment file too large")
		}
	}
	for name, text := range long {
		for _, n := range []int{20_000, 200_000} {
			run(name+" "+strconv.Itoa(n), text(n), "Expression too long", "Experiment file too large")
		}
	}
	for name, text := range explosions {
		run(name, text, "Evaluation limit", "Number")
	}
	run("many attributes", strings.Repeat("a=1\n", 250_000), "Experiment file too large")
	run("many lines", strings.Repeat("a", 5000)+strings.Repeat("=1\nb", 70_000), "Attribute")
	run("misspelt references", numbered("model \"m%d\" {}\n", 10_000)+numbered("dataset \"d%d\" {\n  task = model.n%d\n}\n", 10_000), "Too many mistakes")
	run("misspelt attributes", "method \"lora\" \"m\" {\n"+numbered("x%d=1\n", 50_000)+"}\n", "Too many mistakes")
	run("misspelt blocks", numbered("modle \"m%d\" {}\n", 40_000), "Too many mistakes")
	run("misspelt locals", "locals {\n"+numbered("x%d = local.y%d\n", 30_000)+"}\n", "Too many mistakes")
	run("many blocks", numbered("model \"m%d\" {}\n", 40_000)+"x = 1\n", "Attribute \"x\" outside")
	run("long number", "x = "+strings.Repeat("9", 1_000_000), "Number too long")
	run("2 MiB", "x = \""+strings.Repeat("a", 2<<20)+"\"\n", "Experiment file too large")
}

// numbered repeats a pattern with a number in each of its places.
func numbered(pattern string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(pattern, "%d", strconv.Itoa(i)))
	}
	return b.String()
}

// explosions are short texts whose values would be huge.
var explosions = map[string]string{
	"exponent":      "locals {\n x = \"${1e1000000}\"\n}\n",
	"huge exponent": "locals {\n x = 1e99999999999999999999\n}\n",
	"squares":       "locals {\n a = 1e300\n b = local.a * local.a\n c = \"${local.b * local.b * local.b * local.b}\"\n}\n",
	"tiny":          "locals {\n a = 1e-300\n c = \"${local.a * local.a * local.a}\"\n}\n",
	"nested for":    "locals {\n l = range(30)\n x = [for a in local.l: [for b in local.l: [for c in local.l: [for d in local.l: [for e in local.l: a+b+c+d+e]]]]]\n}\n",
	"range":         "locals {\n x = range(1e12)\n}\n",
	"small steps":   "locals {\n x = range(0, 1, 1e-300)\n}\n",
	"doubling":      doubling("s", `"${local.s%[1]d}${local.s%[1]d}"`, `"0123456789"`),
	"list doubling": doubling("s", `[local.s%[1]d, local.s%[1]d]`, `[1]`),
	"concat":        doubling("s", `concat(local.s%[1]d, local.s%[1]d)`, `[1, 2]`),
	"join":          doubling("s", `join(local.s%[1]d, [local.s%[1]d, local.s%[1]d])`, `"abc"`),
	"heredoc join":  "locals {\n a = format(\"%99s\", \"\")\n b = \"%{ for i in range(200000) }${local.a}%{ endfor }\"\n}\n",
	"compare":       "locals {\n a = range(10000)\n b = [for i in range(10000): local.a == local.a]\n}\n",
	"choose":        "locals {\n a = range(10000)\n b = [for i in range(10000): true ? local.a : local.a]\n}\n",
	"repeat text":   "locals {\n a = join(\"\", [for i in range(100000): \"0123456789\"])\n b = [for i in range(100000): \"${local.a}\"]\n c = [for i in range(100000): \"${local.a}.\"]\n}\n",
	"split":         "locals {\n a = join(\"\", [for i in range(100000): \"0123456789\"])\n b = split(\"\", local.a)\n}\n",
	"upper":         "locals {\n a = join(\"\", [for i in range(100000): \"0123456789\"])\n b = [for i in range(1000): upper(local.a)]\n}\n",
}

// doubling defines 60 locals, each by a pattern of the one before.
func doubling(name, pattern, first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n  %s0 = %s\n", name, first)
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&b, "  %s%d = %s\n", name, i, fmt.Sprintf(pattern, i-1))
	}
	return b.String() + "}\n"
}

func TestPanicInsideEvaluation(t *testing.T) {
	functions["boom"] = builtin{usage: "boom()", run: func(*budget, []cty.Value) (cty.Value, error) { panic("boom") }}
	defer delete(functions, "boom")
	e, diags := load(t, "locals {\n  x = 1 + boom()\n  y = nothing.at.all\n}\n", Options{})
	if len(diags) != 2 || diags[0].Summary != "Cannot evaluate this expression" || diags[0].Subject.Start != (hcl.Pos{Line: 2, Column: 7, Byte: 15}) {
		t.Errorf("Load = %v, want the panic at 2:7 and the other mistake", diags)
	}
	if e == nil {
		t.Error("no experiment")
	}
}
