package stages

import (
	"fmt"
	"strings"
	"testing"

	"runexp/stages/work"
)

// Mistakes that a model's shape shows are found before anything runs, each at
// its attribute.
func TestWhatAModelCannotDoIsADiagnosticAtItsAttribute(t *testing.T) {
	const formats = tinyFormat + `
format "plain" {
  text  = "{premise} {hypothesis}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}
format "first" {
  text  = "{mask} : {premise}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}
format "wordless" {
  text = "{premise} ? {mask}"
}
`
	for _, test := range []struct {
		name, method, at, want string // at is the text of the line
	}{
		{"unknown target", "method \"lora\" \"m\" {\n targets = [\"querry\"]\n}", "targets", "querry"},
		{"layer", "method \"probing\" \"m\" {\n layer = 3\n}", "layer", "no layer 3"},
		{"prompt length", "method \"prompt_tuning\" \"m\" {\n models = [model.bert]\n tokens = 64\n}", "tokens", "leave no positions"},
		{"no room", "method \"prompt_tuning\" \"m\" {\n models = [model.bert]\n tokens = 62\n}", "method", "nothing is left"},
		{"swept target", "method \"lora\" \"m\" {\n sweep {\n  targets = [[\"query\"], [\"quarry\"]]\n }\n models = [model.bert]\n}", "targets", "quarry"},
		{"bitfit without biases", "method \"bitfit\" \"m\" {}", "method", "no biases"},
		{"label words from nowhere", "method \"prompt_tuning\" \"m\" {\n init = \"label_words\"\n}", "init", "label words"},
		{"prompting without format", "method \"prompting\" \"m\" {}", "method", "format"},
		{"prompting without words", "method \"prompting\" \"m\" {\n format = format.wordless\n}", "format \"wordless\"", "words"},
		{"masked without mask", "method \"prompting\" \"m\" {\n format = format.plain\n models = [model.bert]\n}", "text  = \"{premise} {hypothesis}\"", "{mask}"},
		{"causal with nothing before", "method \"prompting\" \"m\" {\n format = format.first\n models = [model.gpt2]\n}", "{mask} : {premise}", "before"},
		{"causal head inside", "method \"lora\" \"m\" {\n format = format.cloze\n models = [model.llama]\n}", "{mask} , {hypothesis}", "must end the text"},
		{"schedule", "method \"lora\" \"m\" {\n schedule = \"gradual\"\n}", "schedule", "unfreeze"},
		{"rewound tokens", "method \"prefix_tuning\" \"m\" {\n rewind = [0, 1]\n}", "rewind", "cannot be rewound"},
		{"share", "method \"lora\" \"m\" {\n rewind = [2]\n}", "rewind", "from 0 to 1"},
		{"start of a baseline", "method \"tfidf\" \"a\" {}\nmethod \"lora\" \"m\" {\n from = method.a\n}", "from", "leaves no weights"},
		{"start of a lower probe", "method \"probing\" \"a\" {\n layer = 1\n}\nmethod \"lora\" \"m\" {\n from = method.a\n}", "from", "last layer"},
		{"probe that starts", "method \"lora\" \"a\" {}\nmethod \"probing\" \"m\" {\n from = method.a\n}", "from", "fitted from its rows alone"},
		{"search with a format", "method \"prompt_search\" \"m\" {\n format = format.cloze\n templates = [\"{premise} {mask}\"]\n words = {\n  entailment = [\"yes\"]\n  not_entailment = [\"no\"]\n }\n}", "format = ", "of its own"},
		{"label words of a wordless format", "method \"prompt_tuning\" \"m\" {\n init = \"label_words\"\n format = format.wordless\n}", "format \"wordless\"", "words"},
		{"prefix of label words from nowhere", "method \"prefix_tuning\" \"m\" {\n init = \"label_words\"\n}", "init", "label words"},
		{"union with label words from nowhere", "method \"union\" \"m\" {\n part \"prompt_tuning\" {\n  init = \"label_words\"\n }\n part \"layer_norm\" {}\n}", "method", "label words"},
		{"prefix of more words than positions", "method \"prefix_tuning\" \"m\" {\n tokens = 65\n init = \"vocabulary\"\n}", "tokens", "starts at random"},
		{"network that starts from words", "method \"prefix_tuning\" \"m\" {\n reparameterize = true\n init = \"vocabulary\"\n}", "init", "cannot start from words"},
		{"text without init", "method \"prefix_tuning\" \"m\" {\n init_text = \"so\"\n}", "init_text", "goes with"},
		{"first row of a decoder", "method \"prompt_tuning\" \"m\" {\n reads = \"first\"\n models = [model.llama]\n}", "reads", "last token"},
		{"CLS of a decoder", "method \"probing\" \"m\" {\n pooling = \"cls\"\n models = [model.gpt2]\n}", "pooling", "sees nothing"},
		{"more layers than there are", "method \"fine_tuning\" \"m\" {\n layers = 3\n}", "layers", "has 2 layers"},
		{"bottleneck without width", "method \"adapter\" \"m\" {\n reduction = 17\n}", "reduction", "leaves nothing"},
		{"head of another probe", "method \"probing\" \"m\" {\n head = \"mlp\"\n k = 3\n}", "k = 3", "reads k"},
		{"start of a centroid", "method \"probing\" \"a\" {\n head = \"centroid\"\n}\nmethod \"lora\" \"m\" {\n from = method.a\n}", "from", "leaves no weights"},
		{"probe under label words", "method \"probing\" \"a\" {}\nmethod \"prompt_tuning\" \"m\" {\n from = method.a\n format = format.cloze\n models = [model.bert]\n}", "from", "there is none"},
		{"union with itself", "method \"union\" \"m\" {\n part \"lora\" {}\n}", "part", "two part blocks"},
		{"union of a baseline", "method \"union\" \"m\" {\n part \"tfidf\" {}\n part \"lora\" {}\n}", "part \"tfidf\"", "cannot be part"},
		{"union's unknown target", "method \"union\" \"m\" {\n part \"lora\" {\n  targets = [\"querry\"]\n }\n part \"layer_norm\" {}\n}", "method", "querry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tellsAtItsPlace(t, "pair", formats, test.method, test.at, test.want)
		})
	}
}

// A run without a model has no label words to score: a format shift tests it on
// every format, even one that a model could not answer in.
func TestARunWithoutAModelIsTestedOnAllFormats(t *testing.T) {
	text := "experiment \"tiny\" {}\n" + tinyFormat + `
format "pair" {
  text      = "{premise}"
  text_pair = "{hypothesis}"
}
dataset "nli" {
  generator "entailment" {
    rows = 100
  }
  label = "relation"
  shift "format" {
    train = ["cloze"]
    test  = ["cloze", "pair"]
  }
}
method "tfidf" "words" {
  format = format.cloze
}
`
	plan, diags := compiled(t, text)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, r := range plan.Runs {
		if got := r.Evaluate.Stage.(*work.Evaluate).Shifted; len(got) != 1 || got[0].Format.Name != "pair" {
			t.Errorf("%s is tested on %v", r.Addr(), got)
		}
	}
}

// Mistakes that the task shows are found before anything runs as well.
func TestWhatATaskCannotUseIsADiagnosticAtItsAttribute(t *testing.T) {
	const format = `
format "cloze" {
  text  = "so {mask}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}
`
	for _, test := range []struct {
		name, task, method, at, want string
	}{
		{"means of values", "scores", "method \"probing\" \"m\" {\n head = \"centroid\"\n}", "method", "does not fit a regression task"},
		{"means of sets", "topics", "method \"probing\" \"m\" {\n head = \"centroid\"\n}", "method", "does not fit a multi_label task"},
		{"control of values", "scores", "method \"probing\" \"m\" {\n control = true\n}", "method", "control task does not fit"},
		{"probe of a text", "text", "method \"probing\" \"m\" {}", "method", "does not fit a language_modeling task"},
		{"words for tags", "tags", "method \"prompting\" \"m\" {\n format = format.cloze\n}", "method", "does not fit a tagging task"},
		{"label words for tags", "tags", "method \"prompt_tuning\" \"m\" {\n format = format.cloze\n init = \"label_words\"\n}", "format", "word by word"},
		{"format of choices", "choice", "method \"lora\" \"m\" {\n format = format.cloze\n}", "format", "choice by choice"},
		{"label words for values", "scores", "method \"prompt_tuning\" \"m\" {\n format = format.cloze\n init = \"label_words\"\n}", "format", "answer a classification"},
		{"label words for sets", "topics", "method \"lora\" \"m\" {\n format = format.cloze\n}", "format", "answer a classification"},
		{"weights of values", "scores", "method \"lora\" \"m\" {\n class_weights = \"balanced\"\n}", "class_weights", "could be weighed"},
		{"weights of choices", "choice", "method \"lora\" \"m\" {\n class_weights = \"balanced\"\n}", "class_weights", "could be weighed"},
		{"smoothing of values", "scores", "method \"lora\" \"m\" {\n label_smoothing = 0.1\n}", "label_smoothing", "exclude each other"},
		{"smoothing of sets", "topics", "method \"lora\" \"m\" {\n label_smoothing = 0.1\n}", "label_smoothing", "exclude each other"},
		{"words of a text", "text", "method \"tfidf\" \"m\" {}", "method", "does not fit a language_modeling task"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tellsAtItsPlace(t, test.task, format, test.method, test.at, test.want)
		})
	}
}

// tellsAtItsPlace compiles a method on one of tinyDatasets and wants a
// diagnostic that says want on the line that holds at.
func tellsAtItsPlace(t *testing.T, task, formats, method, at, want string) {
	t.Helper()
	text := fmt.Sprintf("experiment \"tiny\" {}\n%s%s\ndataset %q {\n max_length = 32\n %s\n}\n%s\n", tinyModels(), formats, task, tinyDatasets[task], method)
	_, diags := compiled(t, text)
	if !diags.HasErrors() {
		t.Fatal("nothing is wrong with it")
	}
	lines, found := strings.Split(text, "\n"), false
	for _, d := range diags {
		line := lines[d.Subject.Start.Line-1]
		found = found || strings.Contains(d.Detail, want) && strings.Contains(line, at)
	}
	if !found {
		t.Errorf("got %v; want a line with %q to be told %q", diags, at, want)
	}
	if len(diags) > 3 {
		t.Errorf("one mistake is told %d times", len(diags))
	}
}
