// Package block holds the blocks of an experiment file: their attributes with
// defaults, units and a line of documentation each, and what can be said of one
// block alone. What blocks mean together is for package stages to say.
//
// Kinds says which blocks there are. A struct's exported fields that are tagged
// hcl are its attributes; the reference of the language is made from the tags.
package block

import (
	"runexp/methods"
	"runexp/pipeline/config"
)

// Kinds are the blocks of an experiment file.
var Kinds = config.Kinds{
	"experiment": {Labels: []string{"name"}, Max: 1, New: func(l []string) (any, error) { return NewExperiment(l[0]), nil }},
	"model":      {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Model{Name: l[0]}, nil }},
	"dataset":    {Labels: []string{"name"}, Like: true, New: func(l []string) (any, error) { return newDataset(l[0]), nil }},
	"format":     {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Format{Name: l[0]}, nil }},
	"retention":  {Max: 1, New: func([]string) (any, error) { return &Retention{}, nil }},
	"method": {Labels: []string{"type", "name"}, Points: true, Like: true, Types: methods.Types,
		New: func(l []string) (any, error) { return newMethod(l[0], l[1]) }},
	"search": {Max: 1, New: func([]string) (any, error) { return newSearch(), nil }},
	"budget": {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Budget{Name: l[0]}, nil }},
	"gate":   {Max: 1, New: func([]string) (any, error) { return newGate(), nil }},
	"executor": {Labels: []string{"type"}, Max: 1, Types: executorTypes,
		New: func(l []string) (any, error) { return newExecutor(l[0]) }},
}
