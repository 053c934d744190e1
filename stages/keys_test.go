package stages

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/pipeline/config"
	"runexp/stages/block"
)

// recipes is a hash over what the keys of all wanted nodes are made of, without
// the outputs of runs: stages, versions, configurations, and the inputs of each.
func recipes(p *Plan) string {
	known := map[*pipeline.Node]string{}
	var of func(n *pipeline.Node) string
	of = func(n *pipeline.Node) string {
		if text, ok := known[n]; ok {
			return text
		}
		r := cache.NewRecipe(n.Stage.Name(), n.Stage.Version(), "")
		r.Struct("config", n.Stage)
		var inputs []string
		for _, in := range n.Inputs {
			inputs = append(inputs, in.Name+" "+of(in.Node))
		}
		sort.Strings(inputs)
		known[n] = fmt.Sprintf("%x", sha256.Sum256([]byte(string(r.Text())+strings.Join(inputs, "\n"))))
		return known[n]
	}
	var all []string
	for _, n := range p.Graph.Nodes() {
		all = append(all, of(n))
	}
	sort.Strings(all)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(all, "\n"))))
}

const keysBase = `
experiment "keys" {
  seeds = [1, 2]
}
model "base" {
  pretrain {
    architecture = "bert"
    layers       = 2
    hidden_size  = 16
    heads        = 2
    steps        = 5
    # in pretrain
    generator "general" {
      rows = 50
    }
  }
  # in model
}
dataset "clauses" {
  generator "clauses" {
    rows = 120
    # in generator
  }
  input {
    text = "clause"
    # in input
  }
  label = "kind"
  split {
    # in split
  }
  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
    # in shift
  }
  # in dataset
}
format "f" {
  text  = "{clause} {mask}"
  words = {
    sale = ["sale"]
  }
}
method "fine_tuning" "other" {}
method "%s" "m" {
  # in method
}
`

// contexts are what an attribute needs beside it to mean anything.
var contexts = map[string]string{
	"probing.k": `head = "knn"`, "probing.hidden": `head = "mlp"`, "probing.epochs": `head = "mlp"`, "probing.patience": `head = "mlp"`, "probing.batch_size": `head = "mlp"`,
	"probing.learning_rate": `head = "mlp"`, "probing.weight_decay": `head = "mlp"`, "prefix_tuning.hidden": `reparameterize = true`, "prefix_tuning.init_text": `init = "text"`, "prompt_tuning.init_text": `init = "text"`,
	"prompting.selection": "shots = 2", "prompting.separator": "shots = 2",
}

// needed are attributes without which a method is not complete.
var needed = map[string]string{"external": `command = ["true"]`, "union": "part \"lora\" {}\n part \"bitfit\" {}", "prompting": "format = format.f", "prompt_search": "templates = [\"{clause} {mask}\"]\n words = { a = \"x\", b = \"y\" }"}

// meaningless are attributes that say which runs there are, not what they
// compute; the command of an external method is told the model.
var meaningless = map[string]bool{"method.datasets": true, "method.models": true}

// elsewhere are attributes that only count with files, an import, or a shift in
// time, which the base has not; other tests change those.
var elsewhere = regexp.MustCompile(`/(dataset\.(hub|metric|update)|shift\.(cut|cut_date|rolling)|model\.(from|path|hub)|method\.(adapter|evaluate_only|classifier|command|from|format|rewind|models|targets|biases|init_text|hidden|grammar))$`)

// TestEveryAttributeChangesAKey sets every attribute of models, data sets and
// methods to other values that the language takes, until the recipes change; the
// first may mean what stands there already. What needs more than the base has is
// on a list.
func TestEveryAttributeChangesAKey(t *testing.T) {
	checked, unreached := 0, []string{}
	try := func(kind string, b config.ReferenceBlock) {
		method := "lora"
		if kind == "method" {
			method = b.Type
		}
		base := fmt.Sprintf(keysBase, method)
		base = strings.Replace(base, "# in method", needed[method]+"\n# in method", 1)
		plan, diags := compiled(t, base)
		if diags.HasErrors() {
			unreached = append(unreached, fmt.Sprintf("%s %s: %v", kind, method, diags))
			return
		}
		before := recipes(plan)
		for _, a := range b.Attributes {
			name := kind + "." + a.Name
			tried, changed := 0, 0
			base, before := base, before
			if context := contexts[method+"."+a.Name]; context != "" {
				base = strings.Replace(base, "# in "+kind+"\n", context+"\n# in "+kind+"\n", 1)
				if plan, diags := compiled(t, base); !diags.HasErrors() {
					before = recipes(plan)
				}
			}
			if kind == "method" && strings.Contains(needed[method], a.Name+" =") || strings.Contains(base, "\n    "+a.Name+" ") || strings.Contains(base, "\n  "+a.Name+" =") && kind == "dataset" {
				continue // stands in the base
			}
			for _, value := range otherValues(a) {
				if value == a.Default {
					continue
				}
				text := strings.Replace(base, "# in "+kind+"\n", a.Name+" = "+value+"\n", 1)
				plan, diags := compiled(t, text)
				if diags.HasErrors() {
					continue
				}
				tried++
				if recipes(plan) != before {
					changed++
					break
				}
			}
			switch {
			case tried == 0:
				unreached = append(unreached, method+"/"+name)
			case meaningless[name] && (method != "external" || a.Name == "datasets"):
				if changed > 0 {
					t.Errorf("%s of %s changes keys, and is listed as one that does not", name, method)
				}
			case changed == 0 && elsewhere.MatchString("/"+name):
				unreached = append(unreached, method+"/"+name)
			case changed == 0:
				t.Errorf("%s of %s changes no key", name, method)
			default:
				checked++
			}
		}
	}
	for _, b := range config.Reference(block.Kinds).Blocks {
		if b.Word != "method" && b.Word != "model" && b.Word != "dataset" {
			continue
		}
		try(b.Word, b)
		for _, inner := range b.Blocks {
			if slices.Contains([]string{"pretrain", "split", "input", "shift"}, inner.Word) {
				try(inner.Word, inner)
			}
		}
	}
	for _, name := range unreached {
		if !elsewhere.MatchString(name) {
			t.Errorf("nothing that %s takes was found", name)
		}
	}
	t.Logf("%d attributes change a key; not reached: %s", checked, strings.Join(unreached, ", "))
	if checked < 150 {
		t.Errorf("%d attributes were checked, want at least 150", checked)
	}
}

var words = regexp.MustCompile(`[A-Za-z_0-9.-]+`)

// otherValues are values to try for an attribute: of its type, and the words of
// its description, among which are the names that it takes.
func otherValues(a config.ReferenceAttribute) []string {
	texts := words.FindAllString(a.Doc, -1)
	for i, w := range texts {
		texts[i] = fmt.Sprintf("%q", strings.Trim(w, "."))
	}
	texts = append(texts, `"domain"`, `"kind"`, `"clause"`, `"5m"`, `"0.5"`, `"x"`, `"{text}"`)
	switch {
	case strings.HasPrefix(a.Type, "list"):
		lists := []string{"[1]", "[0.5]", "[0]", "[1, 2]", `["kind"]`, `["a", "b"]`, "[dataset.clauses]", "[model.base]"}
		for _, w := range texts {
			lists = append(lists, "["+w+"]")
		}
		return lists
	case strings.HasPrefix(a.Type, "map"):
		return []string{`{ a = "b" }`, `{ sale = "b" }`}
	case strings.Contains(a.Type, "true"):
		return []string{"true", "false"}
	case strings.Contains(a.Type, "number"):
		return []string{"3", "1", "2", "0.25", "0.5", "0.75", "0.001", "8", "16", "100", "0", "4", "500", "2005"}
	case strings.HasPrefix(a.Type, "reference"):
		return []string{"dataset.clauses", "model.base", "method.other", "format.f"}
	}
	return append(texts, "3", "1", "0.5", "true", "false", "0")
}

// TestEditsThatMeanNothingKeepKeys edits a file in ways that change no result:
// the recipes stay. Each text stands in a folder of its own, so where a file lies
// does not count either.
func TestEditsThatMeanNothingKeepKeys(t *testing.T) {
	base := fmt.Sprintf(keysBase, "lora")
	plan, diags := compiled(t, base)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := recipes(plan)
	replace := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(base, pairs[i]) {
				t.Fatalf("no %q to replace", pairs[i])
			}
		}
		return strings.NewReplacer(pairs...).Replace(base)
	}
	moved := regexp.MustCompile(`(?s)(\ndataset .*?\n\})(\nformat .*?\n\})`).ReplaceAllString(base, "$2$1")
	edits := map[string]string{
		"comment above": "# a comment\n\n" + base, "comment below": base + "\n// the end\n", "comment within": replace("layers       = 2", "layers /* few */ = 2 # blocks"), "blank lines": replace("\n", "\n\n"), "tabs": replace("  ", "\t"),
		"line ends of Windows": replace("\n", "\r\n"), "byte order mark": "\ufeff" + base, "no comments": regexp.MustCompile(`# in .*`).ReplaceAllString(base, ""), "order of blocks": moved, "order of attributes": replace("heads        = 2\n    steps        = 5", "steps = 5\n    heads = 2"),
		"name of the experiment": replace(`"keys"`, `"other"`), "a description": replace("seeds = [1, 2]", "seeds = [1, 2]\n  description = \"why?\""), "order of seeds": replace("[1, 2]", "[2, 1]"), "name of the model": replace(`model "base"`, `model "small"`),
		"name of the data set": replace(`dataset "clauses"`, `dataset "rows"`), "name of the method": replace(`"lora" "m"`, `"lora" "adapted"`), "name of the format": replace(`format "f"`, `format "question"`), "decimals": replace("rows = 120", "rows = 120.0"), "exponent": replace("rows = 120", "rows = 1.2e2"),
		"arithmetic": replace("rows = 120", "rows = 60 * 2"), "a local": replace("rows = 120", "rows = local.n") + "\nlocals {\n  n = 120\n}\n", "a variable": replace("rows = 120", "rows = var.n") + "\nvariable \"n\" {\n  default = 120\n}\n",
		"a template": replace(`label = "kind"`, `label = "${"kind"}"`), "an escape": replace(`label = "kind"`, `label = "\u006bind"`), "a default written out": replace("# in method", "rank = 8"), "another": replace("# in split", "dev = 0.10"), "a budget": base + "\nbudget \"phone\" {\n  stored_bytes = \"1MB\"\n}\n",
	}
	if len(edits) < 20 {
		t.Errorf("%d edits, want at least 20", len(edits))
	}
	for name, text := range edits {
		plan, diags := compiled(t, text)
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		} else if recipes(plan) != want {
			t.Errorf("%s changes a key", name)
		}
	}
}
