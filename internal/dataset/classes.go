package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// classes gathers the names of the classes that rows have.
type classes struct {
	task   string
	fixed  []string // Config.Classes
	names  []string // in the order in which they came
	number map[string]int32
}

func newClasses(c *Config) *classes {
	return &classes{task: c.Task, fixed: c.Classes, number: map[string]int32{}}
}

// add takes note of a row's classes and returns the number of the last, in the
// order in which they came: that of the row, where it has one.
func (c *classes) add(d *draft) int32 {
	last := int32(0)
	for _, name := range d.classes(c.task) {
		n, there := c.number[name]
		if !there {
			n = int32(len(c.names))
			c.number[name] = n
			c.names = append(c.names, name)
		}
		last = n
	}
	return last
}

// sorted returns the names in their final order; rows are counted for the message.
func (c *classes) sorted(rows int) ([]string, error) {
	if !slices.Contains([]string{Classification, MultiLabel, Tagging}, c.task) {
		return nil, nil
	}
	names := slices.Clone(c.fixed)
	if len(names) == 0 {
		names = slices.Clone(c.names)
		sortNames(names)
	}
	if len(names) < 2 && c.task == Classification {
		return nil, refuse("all %d rows have the class %q; a classification needs two", rows, shorten(strings.Join(names, "")))
	}
	return names, nil
}

// final gives the place in a list of names of each number that add returned.
func (c *classes) final(names []string) []int32 {
	out := make([]int32, len(c.names))
	for i, name := range c.names {
		out[i] = int32(slices.Index(names, name))
	}
	return out
}

// classes are the names that a draft's classes have.
func (d *draft) classes(task string) []string {
	switch task {
	case Classification:
		return []string{d.label}
	case MultiLabel, Tagging:
		return d.labels
	}
	return nil
}

// number replaces the names of a draft's classes by their places.
func (d *draft) number(task string, index map[string]int) error {
	for _, name := range d.classes(task) {
		i, ok := index[name]
		if !ok {
			return fmt.Errorf("no class is named %q", name)
		}
		switch task {
		case Classification:
			d.Label = i
		case MultiLabel:
			d.Labels = append(d.Labels, i)
		case Tagging:
			d.Tags = append(d.Tags, i)
		}
	}
	slices.Sort(d.Labels)
	return nil
}

// sortNames puts whole numbers in their order, other names in that of their bytes.
func sortNames(names []string) {
	numbers := make(map[string]int, len(names))
	for _, n := range names {
		if v, err := strconv.Atoi(n); err == nil {
			numbers[n] = v
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(numbers) == len(names) && numbers[a] != numbers[b] {
			return numbers[a] - numbers[b]
		}
		return strings.Compare(a, b)
	})
}

// classes of a row, as indices into LabelNames; nil where the task has none.
func (r *Row) classes(task string) []int {
	switch task {
	case Classification:
		return []int{r.Label}
	case MultiLabel:
		return r.Labels
	case Tagging:
		return r.Tags
	}
	return nil
}
