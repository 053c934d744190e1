package block

import (
	"runexp/pipeline/config"
)

// Retention is general text on which the language-modelling loss is compared
// before and after adapting.
type Retention struct {
	Text []config.Path `hcl:"text" doc:"text files; default: the held-out part of the pretraining text"`
	Rows int           `hcl:"rows,optional" unit:"sequences" doc:"at most this many sequences are scored; 0 scores 200"`
}
