package cache

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"
)

// The sample below has a field of every shape that stages use.
type (
	method interface{ Train() }

	lora struct {
		Rank    int      `hcl:"rank,optional"`
		Alpha   float64  `hcl:"alpha,optional"`
		Targets []string `hcl:"targets,optional"`
	}
	bitfit struct {
		Rank int `hcl:"rank,optional"`
	}
	common struct {
		Loss string `hcl:"loss,optional"`
	}
	part struct {
		Name string `hcl:"name,label"`
		Size int64  `hcl:"size,optional"`
	}
	spelled struct{ r, g, b uint8 }

	sample struct {
		common
		Name    string            `hcl:"name,label" key:"-"`
		Range   hcl.Range         `hcl:"name,label_range"`
		Ranges  []hcl.Range       `hcl:"x,attr_value_range"`
		Report  func()            `key:"-"`
		OnStep  func(int) error   // never counts
		Method  method            `hcl:",inline"`
		Epochs  int               `hcl:"epochs,optional"`
		Steps   int64             `hcl:"steps,optional"`
		Small   int8              `hcl:"small,optional"`
		Count   uint16            `hcl:"count,optional"`
		Rate    float64           `hcl:"rate,optional"`
		Decay   float32           `hcl:"decay,optional"`
		Shuffle bool              `hcl:"shuffle,optional"`
		Loss    string            `hcl:"objective,optional"`
		Layers  []int             `hcl:"layers,optional"`
		Rates   []float64         `hcl:"rates,optional"`
		Labels  map[string]string `hcl:"labels,optional"`
		Words   map[string][]string
		Part    *part   `hcl:"part,block"`
		Parts   []*part `hcl:"parts,block"`
		Pair    [2]int
		Wait    time.Duration
		Color   spelled
		Cut     time.Time
		hidden  int
	}
)

func (*lora) Train()   {}
func (*bitfit) Train() {}

func (s spelled) KeyText() string { return fmt.Sprintf("#%02x%02x%02x", s.r, s.g, s.b) }

func newSample() *sample {
	return &sample{
		common: common{Loss: "ce"},
		Method: &lora{Rank: 8, Alpha: 16, Targets: []string{"query", "value"}},
		Epochs: 3, Steps: 10, Small: 1, Count: 2, Rate: 1e-4, Decay: 0.01, Shuffle: true, Loss: "sum",
		Layers: []int{1, 2}, Rates: []float64{0.1}, Labels: map[string]string{"a": "b"},
		Words: map[string][]string{"yes": {"y"}}, Part: &part{"p", 1}, Parts: []*part{{"q", 2}},
		Pair: [2]int{1, 2}, Wait: time.Second, Color: spelled{1, 2, 3}, Cut: time.Unix(5, 0).UTC(),
	}
}

func keyOf(v any) ID {
	r := NewRecipe("adapt", 1, "f32")
	r.Struct("config", v)
	return r.ID()
}

// mutate calls visit after each single change to v or something it holds, and
// takes the change back. It returns the paths that it changed.
func mutate(v reflect.Value, path string, visit func(path string)) {
	try := func(to reflect.Value, what string) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		v.Set(to)
		visit(path + what)
		v.Set(old)
	}
	if _, ok := v.Interface().(KeyTexter); ok {
		try(reflect.Zero(v.Type()), " zeroed")
		return
	}
	if t, ok := v.Interface().(time.Time); ok {
		try(reflect.ValueOf(t.Add(time.Second)), " later")
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		try(reflect.ValueOf(!v.Bool()), " negated")
	case reflect.Int, reflect.Int8, reflect.Int64:
		for _, n := range []int64{0, -1, v.Int() + 1} {
			if n != v.Int() {
				try(reflect.ValueOf(n).Convert(v.Type()), fmt.Sprint(" = ", n))
			}
		}
	case reflect.Uint16:
		try(reflect.ValueOf(v.Uint()+1).Convert(v.Type()), " + 1")
		try(reflect.Zero(v.Type()), " zeroed")
	case reflect.Float32, reflect.Float64:
		for _, x := range []float64{0, math.Copysign(0, -1), v.Float() * 2, math.Inf(1), math.NaN()} {
			try(reflect.ValueOf(x).Convert(v.Type()), fmt.Sprint(" = ", x))
		}
		if v.Kind() == reflect.Float64 {
			try(reflect.ValueOf(math.Nextafter(v.Float(), 9)), " one bit up")
		}
	case reflect.String:
		for _, s := range []string{"", v.String() + " ", v.String() + "\n", "nil"} {
			if s != v.String() {
				try(reflect.ValueOf(s).Convert(v.Type()), fmt.Sprintf(" = %q", s))
			}
		}
	case reflect.Slice:
		try(reflect.Zero(v.Type()), " nil")
		try(reflect.MakeSlice(v.Type(), 0, 0), " empty")
		try(reflect.AppendSlice(v, v), " doubled")
		for i := range v.Len() {
			mutate(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Array:
		for i := range v.Len() {
			mutate(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Map:
		try(reflect.Zero(v.Type()), " nil")
		try(reflect.MakeMap(v.Type()), " empty")
		for k, item := range v.Seq2() {
			changed := reflect.MakeMap(v.Type())
			changed.SetMapIndex(reflect.ValueOf(k.String()+"x"), item)
			try(changed, " other key")
			changed = reflect.MakeMap(v.Type())
			changed.SetMapIndex(k, reflect.Zero(item.Type()))
			try(changed, " other value")
		}
	case reflect.Pointer:
		try(reflect.Zero(v.Type()), " nil")
		mutate(v.Elem(), path+".*", visit)
	case reflect.Interface:
		try(reflect.Zero(v.Type()), " nil")
		mutate(v.Elem().Elem(), path, visit)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.PkgPath != "" || f.Tag.Get("key") == "-" || neverCounts(f.Type) {
				continue
			}
			mutate(v.Field(i), path+"."+f.Name, visit)
		}
	default:
		panic("mutate: " + v.Type().String())
	}
}

// Every change of every field that does not opt out gives another key, and no
// two changes give the same.
func TestKeyEveryFieldCounts(t *testing.T) {
	s := newSample()
	seen := map[ID]string{keyOf(s): "unchanged"}
	mutate(reflect.ValueOf(s).Elem(), "sample", func(path string) {
		id := keyOf(s)
		if other, ok := seen[id]; ok {
			t.Errorf("%s gives the same key as %s", path, other)
		}
		seen[id] = path
	})
	if len(seen) < 80 {
		t.Errorf("only %d changes tried: the sample has lost fields", len(seen)-1)
	}
	if keyOf(s) != keyOf(newSample()) {
		t.Error("the sample was not restored")
	}
}

func TestKeyStageVersionNumericInputsAndFilesCount(t *testing.T) {
	seen := map[ID]string{}
	for name, r := range map[string]func() *Recipe{
		"base":          func() *Recipe { return NewRecipe("adapt", 1, "f32") },
		"stage":         func() *Recipe { return NewRecipe("adapt2", 1, "f32") },
		"version":       func() *Recipe { return NewRecipe("adapt", 2, "f32") },
		"numeric":       func() *Recipe { return NewRecipe("adapt", 1, "f32-portable") },
		"not numeric":   func() *Recipe { return NewRecipe("adapt", 1, "") },
		"input":         func() *Recipe { r := NewRecipe("adapt", 1, "f32"); r.Input("a", ID{1}); return r },
		"other input":   func() *Recipe { r := NewRecipe("adapt", 1, "f32"); r.Input("a", ID{2}); return r },
		"other role":    func() *Recipe { r := NewRecipe("adapt", 1, "f32"); r.Input("b", ID{1}); return r },
		"file":          func() *Recipe { r := NewRecipe("adapt", 1, "f32"); r.File("a", ID{1}); return r },
		"strange role":  func() *Recipe { r := NewRecipe("adapt", 1, "f32"); r.Input("a\"] = x\ninput[\"b", ID{1}); return r },
		"strange stage": func() *Recipe { return NewRecipe("adapt\"\nversion = 1\n", 1, "f32") },
	} {
		id := r().ID()
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[id] = name
	}
}

// What means nothing leaves the key alone.
func TestKeyKeptByChangesThatMeanNothing(t *testing.T) {
	parse := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	edits := map[string]func(s *sample){
		"name of the block":            func(s *sample) { s.Name = "other" },
		"comment above moves it":       func(s *sample) { s.Range.Start.Line = 77 },
		"another file":                 func(s *sample) { s.Range.Filename = "/elsewhere/legal.hcl" },
		"end of a range":               func(s *sample) { s.Range.End.Byte = 12 },
		"ranges in a list":             func(s *sample) { s.Ranges = append(s.Ranges, hcl.Range{Filename: "x"}) },
		"ranges gone":                  func(s *sample) { s.Ranges = nil },
		"a callback":                   func(s *sample) { s.Report = func() {} },
		"another callback":             func(s *sample) { s.OnStep = func(int) error { return nil } },
		"an unexported field":          func(s *sample) { s.hidden = 5 },
		"1e-4 as 0.0001":               func(s *sample) { s.Rate = parse("0.0001") },
		"1e-4 as 0.1e-3":               func(s *sample) { s.Rate = parse("0.1e-3") },
		"1e-4 as 1E-04":                func(s *sample) { s.Rate = parse("1E-04") },
		"1e-4 with many digits":        func(s *sample) { s.Rate = parse("0.000100000000000000000000001") },
		"16 as 16.0":                   func(s *sample) { s.Method.(*lora).Alpha = parse("16.0") },
		"map in another order":         func(s *sample) { s.Labels = map[string]string{}; s.Labels["a"] = "b" },
		"capacity of a slice":          func(s *sample) { s.Layers = append(make([]int, 0, 100), s.Layers...) },
		"slice of a larger one":        func(s *sample) { s.Layers = []int{0, 1, 2, 3}[1:3] },
		"pointer to an equal value":    func(s *sample) { p := *s.Part; s.Part = &p },
		"method with the same content": func(s *sample) { m := *s.Method.(*lora); s.Method = &m },
		"string built from parts":      func(s *sample) { s.Loss = "su" + strings.Repeat("m", 1) },
		"a second as 1000 ms":          func(s *sample) { s.Wait = 1000 * time.Millisecond },
		"equal array":                  func(s *sample) { s.Pair = [...]int{1, 2} },
		"default written out":          func(s *sample) { s.Epochs = 3 },
	}
	if len(edits) < 20 {
		t.Fatalf("only %d edits", len(edits))
	}
	want := keyOf(newSample())
	for name, edit := range edits {
		s := newSample()
		edit(s)
		if keyOf(s) != want {
			t.Errorf("%s changes the key", name)
		}
	}
	if keyOf(math.NaN()) != keyOf(math.Float64frombits(0x7ff8000000000099)) {
		t.Error("two NaN differ")
	}
	if keyOf(*newSample()) != want {
		t.Error("a struct and a pointer to it differ")
	}
}

// The order of fields in the source of a struct does not count.
func TestKeyIgnoresFieldOrder(t *testing.T) {
	type one struct{ A, B int }
	type two struct{ B, A int }
	if keyOf(one{1, 2}) != keyOf(two{A: 1, B: 2}) {
		t.Error("the order of fields counts")
	}
}

func TestKeyConcreteTypeOfAnInterfaceCounts(t *testing.T) {
	a, b := newSample(), newSample()
	a.Method, b.Method = &lora{Rank: 4}, &bitfit{Rank: 4}
	if keyOf(a) == keyOf(b) {
		t.Error("two methods with equal fields have the same key")
	}
}

// What cannot be written down must not be left out in silence.
func TestKeyPanicsOnWhatCannotCount(t *testing.T) {
	type opaque struct{ x int }
	type loop struct{ Next any }
	cyclic := &loop{}
	cyclic.Next = cyclic
	type embeds struct {
		spelled
		Extra int
	}
	for name, v := range map[string]any{
		"channel":          struct{ C chan int }{},
		"complex":          struct{ C complex128 }{},
		"hidden fields":    struct{ O opaque }{},
		"function in any":  struct{ F any }{func() {}},
		"cycle":            cyclic,
		"map of structs":   struct{ M map[lora2]int }{map[lora2]int{{}: 1}},
		"promoted KeyText": struct{ E embeds }{},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "cache: Recipe: ") {
					t.Errorf("%s: recovered %v, want a panic of Recipe", name, r)
				}
			}()
			keyOf(v)
		}()
	}
}

type lora2 struct{ A int }

// tree is a structure of texts, lists and maps, as rapid draws it.
func drawTree(depth int) *rapid.Generator[any] {
	text := rapid.StringOf(rapid.SampledFrom([]rune("ab\"\\=\n .[]0")))
	if depth == 0 {
		return rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.Just[any](nil),
			rapid.Map(rapid.IntRange(-2, 12), func(n int) any { return n }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
	}
	child := drawTree(depth - 1)
	return rapid.OneOf(child,
		rapid.Map(rapid.SliceOfN(child, 0, 3), func(s []any) any { return s }),
		rapid.Map(rapid.MapOfN(text, child, 0, 3), func(m map[string]any) any { return m }))
}

// Two different structures never have the same text, and equal ones always do.
// Each draw is compared with all before it, so 1,000 draws make more than 100,000 pairs.
func TestKeyCollisions(t *testing.T) {
	gen := drawTree(3)
	texts := map[string]any{}
	pairs := 0
	for i := range 1000 {
		v := gen.Example(i)
		r := NewRecipe("s", 1, "")
		r.Struct("v", struct{ V any }{v})
		text := string(r.Text())
		if other, ok := texts[text]; ok && !reflect.DeepEqual(v, other) {
			t.Fatalf("%#v and %#v have the same text:\n%s", v, other, text)
		}
		for other, o := range texts {
			pairs++
			if other != text && reflect.DeepEqual(v, o) {
				t.Fatalf("%#v has two texts", v)
			}
		}
		texts[text] = v
	}
	if pairs < 100_000 {
		t.Errorf("%d pairs compared, want 100,000", pairs)
	}
}

func TestExplainNamesTheField(t *testing.T) {
	s := openTest(t)
	before := NewRecipe("adapt", 1, "")
	before.Struct("config", struct {
		Rank   int `hcl:"rank"`
		Labels map[string]string
	}{8, map[string]string{"a = b": "x"}})
	if _, err := s.Commit(before.ID(), before.Text(), t.TempDir(), map[string]string{InfoAddress: "method.lora"}); err != nil {
		t.Fatal(err)
	}
	now := NewRecipe("adapt", 1, "")
	now.Struct("config", struct {
		Rank   int `hcl:"rank"`
		Labels map[string]string
	}{16, map[string]string{"a = b": "y"}})
	changes, err := s.Explain("adapt", "method.lora", now.Text())
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{{`config.Labels["a = b"]`, `"x"`, `"y"`}, {"config.rank", "8", "16"}}
	if !reflect.DeepEqual(changes, want) {
		t.Errorf("Explain = %v, want %v", changes, want)
	}
	if _, err := s.Explain("adapt", "method.other", now.Text()); err == nil {
		t.Error("Explain of an unknown address gave no error")
	}
}
