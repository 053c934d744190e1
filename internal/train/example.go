package train

// A Sequence is one input of the model.
type Sequence struct {
	IDs   []int32
	Types []int32
	Mask  int32 // index of the mask token, -1 without one
}

// An Example is one row of a data set, tokenised.
type Example struct {
	Sequences []Sequence // one; several for multiple choice
	Label     int32      // class or right choice
	Targets   []float32  // regression: one number; multi-label: one per label
	Tags      []int32    // tagging: one per token, -1 where nothing is scored
	Words     []int32    // tagging: which words of the row the tags are of, in their order
}

// Tokens is the number of tokens of all sequences.
func (e *Example) Tokens() int {
	n := 0
	for _, s := range e.Sequences {
		n += len(s.IDs)
	}
	return n
}
