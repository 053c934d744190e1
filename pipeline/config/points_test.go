package config

import (
	"fmt"
	"math/big"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"
)

func TestPointNames(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"", "m"},
		{"sweep { learning_rate = [1e-4, 0.0003, 3.0e-4] }", "m[learning_rate=0.0001] m[learning_rate=0.0003]"},
		{"sweep { learning_rate = [1e-5, 1e-7, 2e21, 1] }", "m[learning_rate=0.00001] m[learning_rate=1e-7] m[learning_rate=2e+21] m[learning_rate=1]"},
		{"sweep { rank = [1.0, 1, 8] }", "m[rank=1] m[rank=8]"},
		{"sweep { bias = [true, false] }", "m[bias=true] m[bias=false]"},
		{"sweep { alpha = [-0, 0, 1] }", "m[alpha=0] m[alpha=1]"},
		{`sweep { schedule = ["linear", "a b", "", "1,2"] }`, `m[schedule=linear] m[schedule="a b"] m[schedule=""] m[schedule="1,2"]`},
		{`sweep { targets = [["query"], ["query", "value"]] }`, `m[targets=[query]] m[targets=[query,value]]`},
		{"sweep { from = [method.p, method.q] }", "m[from=p] m[from=q]"},
		{"sweep {\nrank = [1, 2]\nalpha = [3, 4]\n}", "m[alpha=3,rank=1] m[alpha=3,rank=2] m[alpha=4,rank=1] m[alpha=4,rank=2]"},
		{"sweep {\nalpha = [3, 4]\nrank = [1, 2]\n}", "m[alpha=3,rank=1] m[alpha=3,rank=2] m[alpha=4,rank=1] m[alpha=4,rank=2]"},
		// A union: what the second sweep repeats is dropped, also when it spells out a default.
		{"sweep { rank = [1, 8] }\nsweep { alpha = [16, 32] }", "m[rank=1] m[rank=8] m[alpha=32]"},
		{"rank = 2\nsweep { rank = [1] }\nsweep { alpha = [4] }", "m[rank=1] m[alpha=4]"},
		{"sweep { rank = [1, 2, 3] }\nexclude { rank = 2.0 }", "m[rank=1] m[rank=3]"},
		{"sweep {\nzip {\nrank = [1, 2]\nalpha = [1, 2]\n}\nzip {\nepochs = [1, 2]\nbias = [true, false]\n}\n}\nexclude {\nrank = 1\nepochs = 2\n}",
			"m[alpha=1,bias=true,epochs=1,rank=1] m[alpha=2,bias=true,epochs=1,rank=2] m[alpha=2,bias=false,epochs=2,rank=2]"},
		// like: the other's sweep is taken over, unless this block has its own.
		{"like = method.swept", "m[rank=5] m[rank=6]"},
		{"like = method.swept\nsweep { alpha = [1] }", "m[alpha=1]"},
	} {
		text := "method \"lora\" \"m\" {\n" + c.body + "\n}\nmethod \"probing\" \"p\" {}\nmethod \"probing\" \"q\" {}\nmethod \"lora\" \"swept\" {\n  sweep { rank = [5, 6] }\n}\n"
		e := mustLoad(t, text, Options{})
		var got []string
		for _, p := range e.Find(Ref{Kind: "method", Name: "m"}).Points {
			got = append(got, p.Name)
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
}

// A grid is a random product of axes, with the points that it must give.
type grid struct {
	text   string
	points []string
	count  int64
}

func drawGrid(t *rapid.T) grid {
	ints := []string{"rank", "epochs"}
	floats := []string{"alpha", "learning_rate"}
	var lines []string
	values := map[string][]int{}
	total := int64(1)
	for _, name := range append(ints, floats...) {
		n := rapid.IntRange(0, 4).Draw(t, name)
		if n == 0 {
			continue
		}
		list := make([]string, n)
		for i := range list {
			values[name] = append(values[name], i+100)
			list[i] = rapid.SampledFrom([]string{"%d", "%d.0", "%de0", "0.%de3", "%d0e-1"}).Draw(t, "spelling")
			list[i] = fmt.Sprintf(list[i], i+100)
		}
		lines = append(lines, fmt.Sprintf("%s = [%s]", name, strings.Join(list, ", ")))
		total *= int64(n)
	}
	if len(lines) == 0 {
		return grid{points: []string{"m"}, count: 1}
	}
	lines = rapid.Permutation(lines).Draw(t, "order")
	points := []string{""}
	for _, name := range []string{"alpha", "epochs", "learning_rate", "rank"} {
		if values[name] == nil {
			continue
		}
		var next []string
		for _, p := range points {
			for _, v := range values[name] {
				next = append(next, fmt.Sprintf("%s,%s=%d", p, name, v))
			}
		}
		points = next
	}
	for i := range points {
		points[i] = "m[" + points[i][1:] + "]"
	}
	return grid{"sweep {\n" + strings.Join(lines, "\n") + "\n}\n", points, total}
}

// TestCountIsExpansion checks that the count made before expansion is the
// number of points, and that neither order nor spelling matters.
func TestCountIsExpansion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGrid(rt)
		e := mustLoad(t, "method \"lora\" \"m\" {\n"+g.text+"}\n", Options{})
		b := e.Of("method")[0]
		if diff := cmp.Diff(g.points, pointNames(e)); diff != "" {
			rt.Fatalf("points of\n%s(-want +got):\n%s", g.text, diff)
		}
		if got := b.count().Total().Int64(); got != g.count || int64(len(b.Points)) != got {
			rt.Fatalf("count = %d, %d points, want %d", got, len(b.Points), g.count)
		}
		for _, p := range b.Points {
			for _, v := range p.Values {
				f := schemaOf(p.Config).attrs[v.Name]
				if got := textOf(f.value, f.tag); got != v.Text {
					rt.Fatalf("%s holds %s = %s", p.Name, v.Name, got)
				}
			}
		}
	})
}

// TestUnionAndExclusion compares a union of two grids with exclusions with the
// same made of sets.
func TestUnionAndExclusion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) []int {
			return rapid.SliceOfNDistinct(rapid.IntRange(1, 5), 1, 4, rapid.ID[int]).Draw(rt, name)
		}
		r1, a1, r2, a2 := draw("rank1"), draw("alpha1"), draw("rank2"), draw("alpha2")
		ex := [2]int{rapid.SampledFrom(r1).Draw(rt, "exclude rank"), rapid.SampledFrom(a1).Draw(rt, "exclude alpha")}
		want := map[string]bool{}
		for i := range 2 {
			for _, r := range [][]int{r1, r2}[i] {
				for _, a := range [][]int{a1, a2}[i] {
					if r != ex[0] || a != ex[1] {
						want[fmt.Sprintf("m[alpha=%d,rank=%d]", a, r)] = true
					}
				}
			}
		}
		list := func(v []int) string { return strings.ReplaceAll(fmt.Sprint(v), " ", ",") }
		text := fmt.Sprintf("method \"lora\" \"m\" {\nsweep {\nrank = %s\nalpha = %s\n}\nsweep {\nrank = %s\nalpha = %s\n}\nexclude {\nrank = %d\nalpha = %d\n}\n}\n",
			list(r1), list(a1), list(r2), list(a2), ex[0], ex[1])
		e, diags := load(t, text, Options{})
		if len(want) == 0 {
			if len(diags) != 1 || diags[0].Summary != "Nothing left" {
				rt.Fatalf("Load = %v, want that nothing is left", diags)
			}
			return
		}
		got := map[string]bool{}
		for _, name := range pointNames(e) {
			if got[name] {
				rt.Fatalf("the point %s comes twice", name)
			}
			got[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" || diags.HasErrors() {
			rt.Fatalf("%s(-want +got):\n%s%v", text, diff, diags)
		}
	})
}

func TestCount(t *testing.T) {
	c := Count{Title: "a grid", Terms: [][]Factor{{{"x", 100}, {"y", 100}}, {{"z", 7}}}}
	for range 10 {
		c = c.Times(Factor{"n", 100})
	}
	want, _ := new(big.Int).SetString("1000700000000000000000000", 10)
	if got := c.Total(); got.Cmp(want) != 0 {
		t.Errorf("Total = %s, want %s", got, want)
	}
	small := Count{Title: "it", Terms: [][]Factor{{{"rank", 2}, {"alpha", 3}}, {{"layer", 4}}}}
	if got, want := small.String(), "it has 10 configurations (2 rank × 3 alpha + 4 layer)"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

// TestTenAxes is refused by its count alone: expanding would never end.
func TestTenAxes(t *testing.T) {
	var b strings.Builder
	for _, name := range []string{"rank", "alpha", "epochs", "learning_rate", "schedule"} {
		if name == "schedule" {
			fmt.Fprintf(&b, "%s = [for i in range(1000): \"s${i}\"]\n", name)
			continue
		}
		fmt.Fprintf(&b, "%s = range(1, 1001)\n", name)
	}
	_, diags := load(t, "method \"lora\" \"m\" {\nsweep {\n"+b.String()+"}\n}\n", Options{})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "1000000000000000 configurations (1000 alpha × 1000 epochs × 1000 learning_rate × 1000 rank × 1000 schedule), more than the limit of 10000") {
		t.Errorf("Load = %v, want the count with its factors", diags)
	}
}

func TestRunLimit(t *testing.T) {
	const text = "method \"lora\" \"m\" {\n  sweep { epochs = range(1, 12001) }\n}\nexperiment \"e\" {\n  max_runs = %d\n}\n"
	if e := mustLoad(t, fmt.Sprintf(text, 12_000), Options{}); len(e.Of("method")[0].Points) != 12_000 {
		t.Errorf("%d points, want 12000", len(e.Of("method")[0].Points))
	}
	if _, diags := load(t, fmt.Sprintf(text, 11_999), Options{}); len(diags) != 1 || diags[0].Summary != "Too many configurations" {
		t.Errorf("Load = %v, want too many", diags)
	}
	if _, diags := load(t, fmt.Sprintf(text, 12_000), Options{MaxRuns: 10}); len(diags) != 1 {
		t.Errorf("Load with an option = %v, want too many", diags)
	}
}

// TestCyclesAgainstReachability compares the cycles found in random graphs
// with what reachability says, and checks that each is a real cycle.
func TestCyclesAgainstReachability(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "nodes")
		graph := make([][]edge, n)
		for range rapid.IntRange(0, 2*n).Draw(rt, "edges") {
			from, to := rapid.IntRange(0, n-1).Draw(rt, "from"), rapid.IntRange(0, n-1).Draw(rt, "to")
			graph[from] = append(graph[from], edge{to: to})
		}
		checkCycles(rt, graph)
	})
}

func TestCyclesLarge(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	const n = 100_000
	chain := make([][]edge, n)
	for i := range n - 1 {
		chain[i] = []edge{{to: i + 1}}
	}
	if got := cycles(chain); len(got) != 0 {
		t.Errorf("a chain has %d cycles", len(got))
	}
	chain[n-1] = []edge{{to: 0}}
	if got := cycles(chain); len(got) != 1 || len(got[0]) != n {
		t.Errorf("a ring of %d: %d cycles", n, len(got))
	}
	for range 50 {
		graph := make([][]edge, 40)
		for range rng.Intn(60) {
			from := rng.Intn(40)
			graph[from] = append(graph[from], edge{to: rng.Intn(40)})
		}
		checkCycles(t, graph)
	}
}

type fataler interface{ Fatalf(string, ...any) }

func checkCycles(t fataler, graph [][]edge) {
	n := len(graph)
	reach := make([][]bool, n)
	for i := range reach {
		reach[i] = make([]bool, n)
		for _, e := range graph[i] {
			reach[i][e.to] = true
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
			}
		}
	}
	groups := map[int]bool{} // by first member
	for i := range n {
		if reach[i][i] {
			first := 0
			for first != i && !(reach[i][first] && reach[first][i]) {
				first++
			}
			groups[first] = true
		}
	}
	found := cycles(graph)
	if len(found) != len(groups) {
		t.Fatalf("%v: %d cycles, want %d", graph, len(found), len(groups))
	}
	for _, cycle := range found {
		if !groups[cycle[0].node] {
			t.Fatalf("%v: the cycle does not start at the first node of its group: %v", graph, cycle)
		}
		for i, s := range cycle {
			next := cycle[(i+1)%len(cycle)].node
			if !slices.ContainsFunc(graph[s.node], func(e edge) bool { return e.to == next }) {
				t.Fatalf("%v: no edge from %d to %d in %v", graph, s.node, next, cycle)
			}
		}
	}
}

// TestOrderOfBlocks permutes the blocks of a file: points stay the same, and
// so do the mistakes but for their places.
func TestOrderOfBlocks(t *testing.T) {
	blocks := []string{
		"locals {\n  a = local.b\n}\n", "locals {\n  b = local.c + 1\n}\n", "locals {\n  c = var.v\n}\n",
		"variable \"v\" {\n  default = 3\n}\n",
		"model \"x\" {\n  from = model.y\n}\n", "model \"y\" {\n}\n",
		"method \"lora\" \"m\" {\n  models = [model.x]\n  rank = local.a\n  sweep { alpha = [1, local.b] }\n}\n",
		"method \"lora\" \"n\" {\n  like = method.m\n  epochs = true\n  from = method.none\n}\n",
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.Permutation(blocks).Draw(rt, "order"), "")
		e, diags := load(t, text, Options{})
		summaries := func(d *hcl.Diagnostic) string { return d.Summary }
		var said []string
		for _, d := range diags {
			said = append(said, summaries(d))
		}
		slices.Sort(said)
		if want := []string{"No method is named \"none\"", "Wrong type for epochs"}; !slices.Equal(said, want) {
			rt.Fatalf("diagnostics %q, want %q", said, want)
		}
		var got []string
		for _, p := range e.Find(Ref{Kind: "method", Name: "m"}).Points {
			got = append(got, p.Name)
		}
		if want := []string{"m[alpha=1]", "m[alpha=4]"}; !slices.Equal(got, want) {
			rt.Fatalf("points %q, want %q", got, want)
		}
	})
}
