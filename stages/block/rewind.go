package block

import (
	"slices"
)

// Rewinding is what every trained method takes besides its training.
type Rewinding struct {
	Rewind []float64 `hcl:"rewind,optional" doc:"shares of the trained change to try after training, the best on dev is used; 0 is the base model under the trained head, 1 what was trained" source:"Wortsman et al. 2022"`
}

// Validate checks the shares.
func (r *Rewinding) Validate() []error {
	for i, share := range r.Rewind {
		switch {
		case !(share >= 0 && share <= 1):
			return []error{wrong("rewind", "%g is no share: it must be from 0 to 1.", share)}
		case slices.Contains(r.Rewind[:i], share):
			return []error{wrong("rewind", "%g stands there twice.", share)}
		}
	}
	return nil
}
