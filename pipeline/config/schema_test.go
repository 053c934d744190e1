package config

import (
	"strings"
	"testing"
)

// TestSchemaMistakes checks that wrong tags, which are mistakes of code, are
// noticed at once and named.
func TestSchemaMistakes(t *testing.T) {
	for name, v := range map[string]any{
		"twice": &struct {
			A, B int `hcl:"a"`
		}{},
		"without name": &struct {
			A int `hcl:",optional"`
		}{},
		"option": &struct {
			A int `hcl:"a,optinal"`
		}{},
		"inline number": &struct {
			A int `hcl:",inline"`
		}{},
		"inner twice": &struct {
			A int       `hcl:"alpha"`
			L *testLoRA `hcl:",inline"`
		}{L: &testLoRA{}},
		"no pointer": struct{}{},
		"no struct":  new(int),
		"nil":        (*testLoRA)(nil),
	} {
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "config: ") {
					t.Errorf("%s: %v, want a panic of this package", name, r)
				}
			}()
			schemaOf(v)
		}()
	}
	s := schemaOf(&struct {
		M any        `hcl:",inline"`
		T *testTrain `hcl:",inline"`
	}{})
	if len(s.attrs) != 0 {
		t.Errorf("nothing inlined gives the attributes %v", s.attrNames())
	}
}

// TestFieldOfEveryType decodes and prints each type that a field may have.
func TestFieldOfEveryType(t *testing.T) {
	type all struct {
		B  bool                `hcl:"b"`
		I  int                 `hcl:"i"`
		J  int64               `hcl:"j"`
		U  uint64              `hcl:"u"`
		F  float64             `hcl:"f"`
		S  string              `hcl:"s"`
		P  Path                `hcl:"p"`
		R  Ref                 `hcl:"r"`
		PF *float64            `hcl:"pf"`
		PN *float64            `hcl:"pn,optional"`
		L  []string            `hcl:"l"`
		M  map[string]string   `hcl:"m"`
		ML map[string][]string `hcl:"ml"`
	}
	kinds := testKinds()
	kinds["all"] = Kind{Max: 1, New: func([]string) (any, error) { return &all{}, nil }}
	path := write(t, "x.hcl", `
model "m" {}
all {
  b  = true
  i  = -3
  j  = 9007199254740993
  u  = 18446744073709551615
  f  = 2.50
  s  = "x y"
  p  = "a/b.txt"
  r  = model.m
  pf = 1e3
  l  = ["a", "b c"]
  m  = { k = "v", a = "" }
  ml = { k = ["v"] }
}
`)
	e, diags := NewParser().Load([]string{path}, kinds, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := `b=true
i=-3
j=9007199254740993
u=18446744073709551615
f=2.5
s="x y"
p=a/b.txt
r=model.m
pf=1000
pn=null
l=[a,"b c"]
m={a="",k=v}
ml={k=[v]}
`
	if got := fingerprint(e.Of("all")[0].Config()); got != want {
		t.Errorf("decoded\n%swant\n%s", got, want)
	}
	one, diags := NewParser().Load([]string{write(t, "x.hcl", "dataset \"d\" {\n  task = \"t\"\n  words = { yes = \"y\", no = [\"n\", \"x\"] }\n}\n")}, kinds, Options{})
	if got := one.Of("dataset")[0].Config().(*testDataset).Words; diags.HasErrors() || len(got["yes"]) != 1 || got["yes"][0] != "y" {
		t.Errorf("words = %v, %v, want a text to stand for a list of one", got, diags)
	}
	for _, bad := range []string{"u = -1", "u = 18446744073709551616", "u = 1.5", "pf = \"x\"", "b = 1"} {
		name, _, _ := strings.Cut(bad, " ")
		text := "all {\n" + bad + "\n}\n"
		_, diags := NewParser().Load([]string{write(t, "x.hcl", text)}, kinds, Options{})
		found := false
		for _, d := range diags {
			found = found || d.Subject.Start.Line == 2 && strings.HasSuffix(d.Summary, " for "+name)
		}
		if !found {
			t.Errorf("%s: %v, want a diagnostic on line 2", bad, diags)
		}
	}
}

func TestPointRange(t *testing.T) {
	e := mustLoad(t, "method \"lora\" \"m\" {\n  epochs = 2\n  sweep {\n    rank = [\n      4,\n      8,\n    ]\n  }\n}\n", Options{})
	m := e.Of("method")[0]
	for i, line := range []int{5, 6} {
		if got := m.PointRange(m.Points[i], "rank").Start.Line; got != line {
			t.Errorf("rank of point %d is on line %d, want %d", i, got, line)
		}
		if got := m.PointRange(m.Points[i], "epochs").Start.Line; got != 2 {
			t.Errorf("epochs of point %d is on line %d, want 2", i, got)
		}
	}
	if got, want := m.Count().Times(Factor{"seeds", 3}).String(), `method "lora" "m" has 6 configurations (2 configurations × 3 seeds)`; got != want {
		t.Errorf("Count = %q, want %q", got, want)
	}
}
