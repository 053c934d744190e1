package peft

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
)

// normModules lists the norms of a model.
func normModules(base *lm.Base) []string {
	var list []string
	for _, s := range base.Arch.Specs() {
		if s.Init == nn.InitOne {
			list = append(list, strings.TrimSuffix(s.Name, ".weight"))
		}
	}
	return list
}

// norms writes replaced norms, which PEFT keeps beside the original ones.
func (e *exporter) norms() error {
	if len(e.o.Replaced) == 0 {
		return errors.New("only a head was trained, and PEFT has no method without parameters in the model; export a whole model instead (runexp export -merge)")
	}
	norms := normModules(e.base)
	err := e.onlyReplaced("PEFT", func(name string) bool { return slices.Contains(norms, name[:strings.LastIndex(name, ".")]) })
	if err != nil {
		return err
	}
	l, err := matchHead(e.base.Config(), e.o.Head)
	if err != nil {
		return err
	}
	var trained []string
	for _, module := range norms {
		n := 0
		for _, part := range []string{".weight", ".bias"} {
			if p := e.o.Replaced[module+part]; p != nil {
				n++
				e.add(tunerPrefix+module+".ln_tuning_layers"+part, p, p.Value.Cols)
			} else if e.base.Weights[module+part] != nil {
				n--
			}
		}
		switch {
		case n > 0:
			trained = append(trained, module)
		case e.o.Replaced[module+".weight"] != nil || e.o.Replaced[module+".bias"] != nil:
			return fmt.Errorf("PEFT tunes whole norms, and of %s only a part is changed; %w", module, errMerge)
		}
	}
	maps.Copy(e.config, map[string]any{"peft_type": "LN_TUNING", "target_modules": suffixes(modules(e.base, l), trained)})
	return nil
}

// norms reads them.
func (r *importer) norms() error {
	for _, module := range normModules(r.base) {
		ok, err := r.config.Targets.match(module)
		if err != nil {
			return fmt.Errorf("target_modules: %w", err)
		}
		if !ok {
			continue
		}
		for _, part := range []string{".weight", ".bias"} {
			if r.base.Weights[module+part] != nil && r.inClass(module) {
				r.replace(tunerPrefix+module+".ln_tuning_layers"+part, module+part)
			}
		}
	}
	return nil
}
