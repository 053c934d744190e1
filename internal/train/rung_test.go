package train

import (
	"reflect"
	"testing"
)

// A run that stops at a share of its steps, and the run that goes on from
// there, are the whole run in two parts, bit for bit.
func TestStoppedRunsGoOnAsIfWhole(t *testing.T) {
	b := newBERT(t)
	rows := newRows(20, 1)
	data := Data{Task: Task{Kind: "classification", Outputs: 2}, Train: rows, Dev: rows[:6], Score: accuracy(rows[:6])}
	for name, change := range map[string]func(*Config){
		"last state": func(*Config) {},
		"best state": func(c *Config) { c.EarlyStopping = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			c := smallConfig()
			change(&c)
			whole := run(t, b, data, c, Options{})
			first, second := t.TempDir(), t.TempDir()
			c.StopAt = 1.0 / 3
			part := run(t, b, data, c, Options{Leave: first})
			if part.Result.Steps >= whole.Result.Steps {
				t.Fatalf("the first part took %d of %d steps", part.Result.Steps, whole.Result.Steps)
			}
			c.StopAt = 2.0 / 3
			run(t, b, data, c, Options{Take: first, Leave: second})
			c.StopAt = 1
			rest := run(t, b, data, c, Options{Take: second})
			if !reflect.DeepEqual(rest, whole) {
				t.Errorf("three parts give %+v, the whole %+v", rest.Result, whole.Result)
			}
		})
	}
}
