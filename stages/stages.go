// Package stages is where the two worlds meet: it knows the language of
// experiments and it knows language models.
//
// Kinds says which blocks an experiment file may hold. Compile turns the
// decoded blocks into a graph of nodes (load or pretrain a model, read data,
// compute frozen features, adapt, evaluate), shared wherever two runs need
// the same thing. Each node's work is a struct in this package whose fields
// are its configuration and therefore its cache key. Record and Report carry
// what came out into the database and the report.
//
// A run is method × model × dataset × condition × configuration × seed; its
// last node is an evaluation, and each evaluation becomes rows of the
// database.
package stages

import (
	"runexp/methods"
	"runexp/pipeline/config"
)

// Kinds are the blocks of an experiment file.
var Kinds = config.Kinds{
	"experiment": {Labels: []string{"name"}, Max: 1, New: func(l []string) (any, error) { return newExperiment(l[0]), nil }},
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
