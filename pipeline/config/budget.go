package config

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Limits on evaluation, for all expressions of one Load together. Counting
// what is built bounds time and memory alike, and gives the same answer on
// every machine; the clock is only the last resort.
const (
	maxElements    = 1_000_000
	maxStringBytes = 16 << 20
	maxEvalTime    = 20 * time.Second
	maxBinaryScale = 1400 // |log2| of a number, about 10^±421, where printing it is still cheap
)

// A budget counts what evaluation has built.
type budget struct {
	elements int
	bytes    int
	calls    int
	used     time.Duration // by expressions that are done
	begun    time.Time     // when the current expression began
	spent    bool          // a limit was passed: nothing more is evaluated
}

// measure starts the clock for one expression and returns how to stop it, so
// that reading files and decoding take nothing from the limit.
func (b *budget) measure() (stop func()) {
	b.begun = time.Now()
	return func() { b.used += time.Since(b.begun) }
}

// spend takes elements and string bytes from the budget, before they are
// built. It returns a sentence when there is not enough left.
func (b *budget) spend(elements, bytes int) error {
	if b.spent {
		return errSpent
	}
	b.elements += elements
	b.bytes += bytes
	b.calls++
	var err error
	switch {
	case b.elements < 0 || b.elements > maxElements:
		err = fmt.Errorf("Expressions may build at most %d values in all; this one goes beyond.", maxElements)
	case b.bytes < 0 || b.bytes > maxStringBytes:
		err = fmt.Errorf("Expressions may build at most %d bytes of text in all; this one goes beyond.", maxStringBytes)
	case b.calls%256 == 0 && b.used+time.Since(b.begun) > maxEvalTime:
		err = fmt.Errorf("Expressions may take at most %s in all; this one goes beyond.", maxEvalTime)
	}
	b.spent = err != nil
	return err
}

// reserve tells whether a text of that size may be built, without counting it.
func (b *budget) reserve(bytes int) error {
	if b.bytes+bytes > maxStringBytes {
		return b.spend(0, bytes)
	}
	return nil
}

// errSpent stands for a limit that has been reported already.
var errSpent = fmt.Errorf("evaluation limit reached before")

// charge counts a value that was just made by walking over it, so that lists
// which share their parts still cost what it costs to read them.
func (b *budget) charge(v cty.Value) error {
	elements, bytes := 0, 0
	var walk func(v cty.Value) error
	walk = func(v cty.Value) error {
		elements++
		if b.elements+elements > maxElements {
			return b.spend(elements, 0)
		}
		if v.IsNull() || !v.IsKnown() {
			return nil
		}
		switch t := v.Type(); {
		case t == cty.String:
			bytes += len(v.AsString())
		case t == cty.Number:
			return numberInRange(v)
		case t.IsTupleType() || t.IsListType() || t.IsObjectType() || t.IsMapType() || t.IsSetType():
			for it := v.ElementIterator(); it.Next(); {
				_, e := it.Element()
				if err := walk(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := walk(v); err != nil {
		return err
	}
	return b.spend(elements, bytes)
}

// numberInRange refuses numbers whose decimal text alone would be huge.
func numberInRange(v cty.Value) error {
	f := v.AsBigFloat()
	if f.IsInf() {
		return errScale
	}
	if scale := f.MantExp(nil); scale > maxBinaryScale || scale < -maxBinaryScale {
		return errScale
	}
	return nil
}

var errScale = fmt.Errorf("Numbers must stay within 10^±%d.", maxExponent)

// limitError reports a breach once; what follows from it is silent.
func limitError(rng hcl.Range, err error) *hcl.Diagnostic {
	if err == errSpent {
		return nil
	}
	summary := "Evaluation limit"
	if err == errScale {
		summary = "Number out of range"
	}
	return errorAt(rng, summary, "%s", err.Error())
}
