package main

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"runexp/pipeline/config"
	"runexp/stages/block"
)

// hostileExperiments are experiment files: every attribute of the language with
// a value of the wrong type, blocks in the wrong places, and texts that are no
// experiments or would eat a careless reader.
func hostileExperiments(t *testing.T) []hostileCase {
	cases := wrongTypes()
	add := func(name, text string, want ...string) {
		cases = append(cases, hostileCase{"experiment files", name, func(dir string) { put(dir, "x.hcl", []byte(text)) }, "", want})
	}
	inLocals := func(expression string) string { return "locals {\n  a = " + expression + "\n}\n" }
	for open, shut := range map[string]string{"(": ")", "[": "]", `"${`: `}"`, "{ a = ": " }", "f(": ")", "[for x in ": " : x]", "!": "", "-": "", "true ? 1 : ": "", "1 + ": "", "a[": "]", "b {\n": "}\n"} {
		for _, depth := range []int{70, 20_000} {
			text := inLocals(strings.Repeat(open, depth) + "1" + strings.Repeat(shut, depth))
			if strings.HasPrefix(open, "b") {
				text = strings.Repeat(open, depth) + strings.Repeat(shut, depth)
			}
			if depth == 70 && (open == "1 + " || open == "!" || open == "-" || open == "true ? 1 : ") {
				continue // allowed, if strange
			}
			add(fmt.Sprintf("%d × %q", depth, open), text)
		}
	}
	for _, c := range []struct{ name, expression string }{
		{"number of 10⁷ digits", strings.Repeat("9", 900_000)}, {"exponent of 10⁷", "1e10000000"}, {"exponent in a text", `"x${1e1000000}"`}, {"exponent below", "1e-10000000"}, {"fraction of 500 digits", "0." + strings.Repeat("1", 500)},
		{"four loops", "[for a in range(100) : [for b in range(100) : [for c in range(100) : [for d in range(100) : 1]]]]"}, {"range of 10¹²", "range(1000000000000)"}, {"range without end", "range(0, 10, 0)"},
		{"text doubled", `join("", [for i in range(1000) : join("", [for j in range(1000) : "` + strings.Repeat("x", 100) + `"])])`}, {"format without end", `format("%1000000000d", 1)`}, {"division by zero", "1 / 0"}, {"root of nothing", "sqrt(2)"},
		{"environment", `env("HF_TOKEN")`}, {"file", `file("/etc/passwd")`}, {"template file", `templatefile("x", {})`}, {"command", `exec("id")`}, {"unknown variable", "var.nothing"}, {"unknown local", "local.nothing"}, {"itself", "local.a"},
		{"unknown root", "self.x"}, {"splat of a number", "1[*]"}, {"index of a number", "1[0]"}, {"index beyond", "[1][5]"}, {"member of a list", "[1].x"}, {"text plus text", `"a" + "b"`}, {"comparison of kinds", `"a" < 1`}, {"condition of two kinds", `true ? "a" : [1]`},
		{"condition of a number", "7 ? 1 : 2"}, {"heredoc without end", "<<X\nabc"}, {"template without end", `"${`}, {"directive without end", `"%{ if true }"`}, {"spread of a number", "min(1...)"}, {"too many arguments", "upper(\"a\", \"b\")"}, {"too few arguments", "upper()"},
	} {
		add(c.name, inLocals(c.expression))
	}
	for _, c := range []struct{ name, text string }{
		{"empty", ""}, {"blanks", "   \n\n"}, {"comments only", "# nothing\n// nothing\n/* nothing */\n"}, {"comment without end", "/* x"}, {"no experiment", "dataset \"d\" {}\n"}, {"two experiments", "experiment \"a\" {}\nexperiment \"b\" {}\n"},
		{"experiment without a name", "experiment {}\n"}, {"experiment of two names", "experiment \"a\" \"b\" {}\n"}, {"name of 10,000 letters", "experiment \"" + strings.Repeat("a", 10_000) + "\" {}\n"}, {"name that leads elsewhere", "experiment \"../../x\" {}\n"},
		{"absolute name", "experiment \"/etc/x\" {}\n"}, {"empty name", "experiment \"\" {}\n"}, {"name with a line break", "experiment \"a\\nb\" {}\n"}, {"name of dots", "experiment \"..\" {}\n"}, {"name with NUL", "experiment \"a\x00b\" {}\n"}, {"template as a name", "experiment \"${1}\" {}\n"},
		{"NUL", "a = 1\x00"}, {"no UTF-8", "a = \"\xff\""}, {"surrogates", "a = \"\xed\xa0\x80\""}, {"UTF-16", string(utf16le("experiment \"x\" {}\n"))}, {"carriage return only", "experiment \"x\" {}\rdataset \"d\" {}\r"}, {"escape sequence", "a = \"\x1b[31m\""},
		{"right to left", "experiment \"x\" {\n  description = \"a\u202eb\"\n}\n"}, {"letters of another script", "ехperiment \"x\" {}\n"}, {"curly quotes", "experiment “x” {}\n"}, {"full-width letters", "ｅxperiment \"x\" {}\n"}, {"zero-width joiner", "experi\u200dment \"x\" {}\n"}, {"byte order mark within", "experiment \ufeff\"x\" {}\n"},
		{"JSON", `{"experiment": {"x": {}}}`}, {"YAML", "experiment:\n  x: 1\n"}, {"XML", "<experiment name=\"x\"/>"}, {"Python", "import os\nos.system('id')\n"}, {"zip archive", "PK\x03\x04\x14\x00"}, {"pickle", "\x80\x04\x95."}, {"program", "\x7fELF"}, {"more than a megabyte", "# " + strings.Repeat("x", 1<<20) + "\nexperiment \"x\" {}\n"},
		{"block without end", "experiment \"x\" {\n"}, {"end without a block", "}\n"}, {"two attributes in a line", "experiment \"x\" { seeds = [1] description = \"y\" }\n"}, {"attribute twice", "experiment \"x\" {\n  seeds = [1]\n  seeds = [2]\n}\n"}, {"attribute at the top", "seeds = [1]\n"},
		{"unknown block", "trial \"x\" {}\n"}, {"misspelt block", "expriment \"x\" {}\n"}, {"upper case", "EXPERIMENT \"x\" {}\n"}, {"no seeds", "experiment \"x\" {\n  seeds = []\n}\n"}, {"seed of a fraction", "experiment \"x\" {\n  seeds = [1.5]\n}\n"}, {"seed of 2⁶⁴", "experiment \"x\" {\n  seeds = [18446744073709551616]\n}\n"}, {"seed twice", "experiment \"x\" {\n  seeds = [1, 1]\n}\n"},
		{"ten thousand mistakes", "experiment \"x\" {\n" + strings.Repeat("  wrong = 1\n", 10_000) + "}\n"}, {"ten thousand blocks", strings.Repeat("method \"majority\" \"m\" {}\n", 10_000)}, {"an attribute of 900 kB", "experiment \"x\" {\n  description = [\"" + strings.Repeat("x", 900_000) + "\"]\n}\n"},
	} {
		add(c.name, c.text)
	}
	base := "experiment \"x\" {\n  seeds = [1]\n}\ndataset \"d\" {\n  generator \"clauses\" {\n    rows = 60\n  }\n  label = \"kind\"\n}\n"
	for _, c := range []struct{ name, text string }{
		{"data from a device", "dataset \"e\" {\n  files {\n    all = \"/dev/zero\"\n  }\n  label = \"a\"\n}\n"}, {"data from a folder", "dataset \"e\" {\n  files {\n    all = \"/proc/self\"\n  }\n  label = \"a\"\n}\n"},
		{"data from memory", "dataset \"e\" {\n  files {\n    all = \"/proc/self/mem\"\n  }\n  label = \"a\"\n}\n"}, {"data at NUL", "dataset \"e\" {\n  files {\n    all = \"a\\u0000b\"\n  }\n  label = \"a\"\n}\n"},
		{"data at 5,000 letters", "dataset \"e\" {\n  files {\n    all = \"" + strings.Repeat("a", 5000) + "\"\n  }\n  label = \"a\"\n}\n"}, {"data from the network", "dataset \"e\" {\n  files {\n    all = \"http://127.0.0.1:1/x.csv\"\n  }\n  label = \"a\"\n}\n"},
		{"bad glob", "dataset \"e\" {\n  files {\n    all = \"[\"\n  }\n  label = \"a\"\n}\n"}, {"bad pattern", "dataset \"e\" {\n  files {\n    all = \"x.txt\"\n    pattern = \"(\"\n  }\n  label = \"a\"\n}\n"}, {"pattern that backtracks", "dataset \"e\" {\n  files {\n    all = \"x.txt\"\n    pattern = \"(?=a)(a+)+$\"\n  }\n  label = \"a\"\n}\n"},
		{"no source", "dataset \"e\" {\n  label = \"a\"\n}\n"}, {"two sources", "dataset \"e\" {\n  files {\n    all = \"x.csv\"\n  }\n  generator \"clauses\" {}\n  label = \"a\"\n}\n"}, {"unknown generator", "dataset \"e\" {\n  generator \"clases\" {}\n  label = \"a\"\n}\n"},
		{"rows below zero", "dataset \"e\" {\n  generator \"clauses\" {\n    rows = -1\n  }\n  label = \"kind\"\n}\n"}, {"10¹² rows", "dataset \"e\" {\n  generator \"clauses\" {\n    rows = 1000000000000\n  }\n  label = \"kind\"\n}\n"}, {"metric of another task", "dataset \"e\" {\n  generator \"clauses\" {}\n  label = \"kind\"\n  metric = \"rmse\"\n}\n"},
		{"model of nothing", "model \"m\" {}\n"}, {"model of two sources", "model \"m\" {\n  path = \"x\"\n  hub = \"a/b@c\"\n}\n"}, {"model from a device", "model \"m\" {\n  path = \"/dev/zero\"\n}\n"}, {"model that is not there", "model \"m\" {\n  path = \"none\"\n}\n"}, {"hub without a revision", "model \"m\" {\n  hub = \"../../etc\"\n}\n"},
		{"rank zero", "method \"lora\" \"l\" {\n  rank = 0\n}\n"}, {"rank below zero", "method \"lora\" \"l\" {\n  rank = -3\n}\n"}, {"rank of a fraction", "method \"lora\" \"l\" {\n  rank = 1.5\n}\n"}, {"rate of 10⁴⁰⁰", "method \"lora\" \"l\" {\n  learning_rate = 1e400\n}\n"}, {"rate below zero", "method \"lora\" \"l\" {\n  learning_rate = -1\n}\n"}, {"dropout of 2", "method \"lora\" \"l\" {\n  dropout = 2\n}\n"},
		{"unknown type", "method \"lorra\" \"l\" {}\n"}, {"no name", "method \"lora\" {}\n"}, {"three names", "method \"lora\" \"l\" \"m\" {}\n"}, {"same name twice", "method \"lora\" \"l\" {}\nmethod \"ia3\" \"l\" {}\n"}, {"starts from itself", "method \"lora\" \"l\" {\n  from = method.l\n}\n"}, {"starts from nothing", "method \"lora\" \"l\" {\n  from = method.none\n}\n"}, {"starts from a data set", "method \"lora\" \"l\" {\n  from = dataset.d\n}\n"},
		{"sweep of nothing", "method \"tfidf\" \"l\" {\n  sweep {\n    max_features = []\n  }\n}\n"}, {"sweep of 10¹²", "method \"tfidf\" \"l\" {\n  sweep {\n    max_features = range(10000)\n    min_rows = range(10000)\n    ngrams = range(10000)\n  }\n}\n"}, {"sweep of what is not swept", "method \"tfidf\" \"l\" {\n  sweep {\n    nothing = [1]\n  }\n}\n"}, {"external without a command", "method \"external\" \"e\" {}\n"}, {"external of no words", "method \"external\" \"e\" {\n  command = []\n}\n"},
		{"gate of nothing", "gate {}\n"}, {"gate of an unknown metric", "gate {\n  metric = \"acuracy\"\n}\n"}, {"two gates", "gate {\n  metric = \"accuracy\"\n}\ngate {\n  metric = \"accuracy\"\n}\n"}, {"budget of words", "budget \"b\" {\n  stored_bytes = \"many\"\n}\n"}, {"variable without a value", "variable \"v\" {}\n"}, {"variable twice", "variable \"v\" {\n  default = 1\n}\nvariable \"v\" {\n  default = 2\n}\n"},
	} {
		add(c.name, base+c.text)
	}
	return cases
}

func utf16le(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, r := range text {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return b
}

// wrongTypes gives every attribute of every block a value that no attribute
// takes; the message must stand at its line.
func wrongTypes() (cases []hostileCase) {
	const wrong = `[[[{ a = [null] }]]]`
	var within func(b config.ReferenceBlock, path []string)
	within = func(b config.ReferenceBlock, path []string) {
		opening := b.Word
		for i := range b.Labels {
			label := fmt.Sprintf("l%d", len(path)+i)
			if i == 0 && b.Type != "" {
				label = b.Type
			}
			opening += fmt.Sprintf(" %q", label)
		}
		path = append(path[:len(path):len(path)], opening+" {")
		for _, a := range b.Attributes {
			text := strings.Join(path, "\n") + "\n" + a.Name + " = " + wrong + "\n" + strings.Repeat("}\n", len(path))
			cases = append(cases, hostileCase{"attributes of a wrong type", regexp.MustCompile(`[{"]`).ReplaceAllString(strings.Join(path, ""), "") + a.Name,
				func(dir string) { put(dir, "x.hcl", []byte(text)) }, fmt.Sprintf(`(?m)^x\.hcl:%d:\d+: `, len(path)+1), nil})
		}
		for _, inner := range b.Blocks {
			if inner.Word != "sweep" && inner.Word != "part" {
				within(inner, path)
			}
		}
	}
	for _, b := range config.Reference(block.Kinds).Blocks {
		within(b, nil)
	}
	return cases
}
