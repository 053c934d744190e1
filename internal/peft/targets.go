package peft

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
)

// modules lists the module paths of the Transformers class that goes with a
// head: every module with parameters, and what contains it.
func modules(base *lm.Base, l headLayout) []string {
	seen := map[string]bool{}
	add := func(path string) {
		for path != "" && !seen[path] {
			seen[path] = true
			cut := strings.LastIndex(path, ".")
			path = path[:max(cut, 0)]
		}
	}
	for _, s := range base.Arch.Specs() {
		if s.Group == "lm_head" && l.out != "" || s.Group == "pooler" && l.out != "" && !l.pooler {
			continue
		}
		add(s.Name[:strings.LastIndex(s.Name, ".")])
	}
	add(l.dense)
	add(l.out)
	list := make([]string, 0, len(seen))
	for m := range seen {
		list = append(list, m)
	}
	slices.Sort(list)
	return list
}

// suffixes names the wanted modules by the shortest ends of their paths that
// name none besides. PEFT compares whole parts of a path, but IA3's
// feed-forward list by letters; these hold for both.
func suffixes(all, wanted []string) []string {
	want := map[string]bool{}
	for _, w := range wanted {
		want[w] = true
	}
	chosen := map[string]bool{}
	for _, w := range wanted {
		parts := strings.Split(w, ".")
		for n := 1; n <= len(parts); n++ {
			end := strings.Join(parts[len(parts)-n:], ".")
			if n == len(parts) || !slices.ContainsFunc(all, func(m string) bool { return strings.HasSuffix(m, end) && !want[m] }) {
				chosen[end] = true
				break
			}
		}
	}
	list := make([]string, 0, len(chosen))
	for c := range chosen {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

// match says which modules a configuration names.
func (t targets) match(module string) (bool, error) {
	if t.Pattern != "" {
		return fullMatch(t.Pattern, module)
	}
	return slices.ContainsFunc(t.List, func(s string) bool { return module == s || strings.HasSuffix(module, "."+s) }), nil
}

func fullMatch(pattern, text string) (bool, error) {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return re.MatchString(text), nil
}

// endMatch is PEFT's reading of a key of rank_pattern and alpha_pattern.
func endMatch(key, module string) (bool, error) { return fullMatch(`(?:.*\.)?(?:`+key+`)`, module) }

// sites lists the linear layers that the configuration adapts, and whether
// the file may hold others ("all-linear" has more in PEFT than here).
func (c *peftConfig) sites(base *lm.Base) ([]nn.Site, error) {
	var list []nn.Site
	for _, s := range base.Arch.Sites() {
		ok, err := c.Targets.match(s.Name)
		if c.Targets.Pattern == "all-linear" {
			ok, err = s.Role != "pooler", nil
		}
		if err != nil {
			return nil, fmt.Errorf("target_modules: %w", err)
		}
		if ok && (len(c.LayersToTransform) == 0 || slices.Contains(c.LayersToTransform, s.Layer)) {
			list = append(list, s)
		}
	}
	return list, nil
}
