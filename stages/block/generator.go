package block

import (
	"runexp/internal/dataset"
	"runexp/internal/synth"
)

// Generator is a block that names a built-in generator; the attributes are
// the generator's.
type Generator struct {
	Type      string          `hcl:"type,label" doc:"name of the built-in generator"`
	Generator synth.Generator `hcl:",inline"`
}

// Init makes the generator that the label names.
func (g *Generator) Init() error {
	made, err := synth.ByName(g.Type)
	g.Generator = made
	return err
}

// generatorInputs are the columns that make the input of a generator's rows
// where the data set has no input block.
var generatorInputs = map[string]dataset.Input{
	"general":    {Text: "text"},
	"clauses":    {Text: "clause"},
	"medical":    {Text: "note"},
	"entailment": {Text: "premise", TextPair: "hypothesis"},
	"facts":      {Text: "claim"},
	"tagging":    {Text: "words"},
	"similarity": {Text: "first", TextPair: "second"},
	"topics":     {Text: "report"},
}
