package stages

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"runexp/internal/lm/tensor"
	"runexp/methods"
	"runexp/pipeline"
)

var update = flag.Bool("update", false, "write testdata/outputs.txt again")

const outputsFile = "testdata/outputs.txt"

// TestOutputsChangeOnlyWithTheVersion holds the output of each node of a fixed
// experiment. A key has no digest of the code in it, or every build would empty
// the cache: whoever changes what a stage computes has to raise its Version. A
// node that reads another input than before may say something else.
func TestOutputsChangeOnlyWithTheVersion(t *testing.T) {
	var types []string
	for _, typ := range methods.Types() {
		if _, ok := tinyMethods[typ]; ok {
			types = append(types, typ)
		}
	}
	plan, diags := compiled(t, tinyExperiment("pair", types))
	if diags.HasErrors() {
		t.Fatal(diags.Error())
	}
	outputs, err := contents(t, plan, openStore(t, t.TempDir()), &stopper{})
	if err != nil {
		t.Fatal(err)
	}
	now := map[string]string{}
	text := tensor.KernelID() + "\n"
	for _, n := range plan.Graph.Nodes() {
		now[n.Addr] = fmt.Sprintf("%s %d %s", n.Stage.Name(), n.Stage.Version(), outputs[n.Addr].Short())
		text += n.Addr + "\t" + now[n.Addr] + "\n"
	}
	if *update {
		if err := os.WriteFile(outputsFile, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kernel, before := recordedOutputs(t)
	if kernel != tensor.KernelID() {
		t.Skipf("the outputs are those of kernel %s, here it is %s", kernel, tensor.KernelID())
	}
	for _, n := range plan.Graph.Nodes() {
		was, is := before[n.Addr], now[n.Addr]
		switch {
		case was == is, inputsDiffer(n, before, now):
		case stageOf(was) == stageOf(is):
			t.Errorf("%s: the output was %s and is %s: raise the Version of the stage", n.Addr, was, is)
		default:
			t.Errorf("%s: the stage was %s and is %s; if that is meant: go test ./stages -run OutputsChange -update", n.Addr, stageOf(was), stageOf(is))
		}
	}
}

// recordedOutputs reads what an earlier build computed.
func recordedOutputs(t *testing.T) (kernel string, outputs map[string]string) {
	t.Helper()
	text, err := os.ReadFile(outputsFile)
	if err != nil {
		t.Fatal(err)
	}
	kernel, rest, _ := strings.Cut(string(text), "\n")
	outputs = map[string]string{}
	for line := range strings.Lines(rest) {
		addr, output, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		outputs[addr] = output
	}
	return kernel, outputs
}

func inputsDiffer(n *pipeline.Node, before, now map[string]string) bool {
	for _, in := range n.Inputs {
		if before[in.Node.Addr] != now[in.Node.Addr] {
			return true
		}
	}
	return false
}

// stageOf is the name and the version in a line of outputs.
func stageOf(line string) string { return line[:max(0, strings.LastIndexByte(line, ' '))] }
