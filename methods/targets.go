package methods

import (
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
)

// allLinear names every linear layer of the transformer layers.
const allLinear = "all-linear"

// matchSites returns the linear layers that targets name, in model order. A
// target is a module's name as it ends in the checkpoint ("query",
// "attention.output.dense"), a role that all architectures share ("query",
// "value", "intermediate", "output", …), or "all-linear". The pooler is meant
// only by its own name.
func matchSites(base *lm.Base, targets []string) ([]nn.Site, error) {
	var sites []nn.Site
	hit := make([]bool, len(targets))
	for _, s := range base.Arch.Sites() {
		matched := false
		for i, t := range targets {
			if matchesSite(s, t) {
				matched, hit[i] = true, true
			}
		}
		if matched {
			sites = append(sites, s)
		}
	}
	if i := slices.Index(hit, false); i >= 0 {
		return nil, fieldErrorf("targets", "No linear layer is named %q; this model has %s.", targets[i], strings.Join(siteNames(base), ", "))
	}
	return sites, nil
}

func matchesSite(s nn.Site, target string) bool {
	if s.Role == "pooler" {
		return target == s.Role || endsIn(s.Name, target) && strings.Contains(target, "pooler")
	}
	return target == allLinear || target == s.Role || endsIn(s.Name, target)
}

// endsIn reports whether target is the name of a module or its last parts.
func endsIn(name, target string) bool {
	return name == target || strings.HasSuffix(name, "."+target)
}

// siteNames lists the modules of the first layer as they end, and all-linear.
func siteNames(base *lm.Base) []string {
	var names []string
	for _, s := range base.Arch.Sites() {
		if s.Layer == 0 {
			_, name, _ := strings.Cut(s.Name, ".0.")
			names = append(names, name)
		}
	}
	return append(names, allLinear)
}

// attentionTargets are the sites that LoRA adapts unless told otherwise:
// query and value, or the one matrix that holds them.
func attentionTargets(c *nn.Config) []string {
	if c.ModelType == "gpt2" {
		return []string{"attn.c_attn"}
	}
	return []string{"query", "value"}
}

// rescaledTargets are the sites that IA3 rescales unless told otherwise, as
// PEFT has them.
func rescaledTargets(c *nn.Config) []string {
	switch c.ModelType {
	case "bert", "roberta":
		return []string{"key", "value", "output.dense"}
	case "gpt2":
		return []string{"attn.c_attn", "mlp.c_proj"}
	case "qwen2":
		return []string{"query", "value", "down"}
	case "distilbert":
		return []string{"key", "value", "output"}
	}
	return []string{"key", "value", "down"}
}

func orDefault(targets []string, c *nn.Config, family func(*nn.Config) []string) []string {
	if len(targets) == 0 {
		return family(c)
	}
	return targets
}
