package stages

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"runexp/stages/block"
	"runexp/stages/work"
)

// formatConditions are the formats that a method is trained in under a format
// shift: all that the shift trains on, or the method's own.
func formatConditions(d *block.Dataset, m *block.Method) []string {
	if m.Format.IsZero() {
		return d.Config.Shift.Train
	}
	return []string{m.Format.Name}
}

// checkShiftFormat refuses an own format that is none of the shift's.
func (c *compiler) checkShiftFormat(d *block.Dataset, m *block.Method, at func(string) hcl.Range) {
	if !formatShift(d) || m.Format.IsZero() || slices.Contains(d.Config.Shift.Train, m.Format.Name) {
		return
	}
	c.once(at("format"), "Format outside of the shift", "The shift of data set %q trains on %s; a method's own format is one of them.",
		d.Name, strings.Join(d.Config.Shift.Train, ", "))
}

// shiftedInputs are the other formats that a run under a format shift is
// tested on. One that scores label words is tested where there is a place for
// them; the formats that have none are named in a warning.
func (c *compiler) shiftedInputs(r *Run, in work.Input) []work.Input {
	if !formatShift(r.Dataset) {
		return nil
	}
	var list []work.Input
	for _, name := range r.Dataset.Config.Shift.Test {
		f := c.format(name)
		if name == r.Condition || f == nil {
			continue
		}
		if why := c.unanswerable(r, in, f); why != "" {
			c.warnOnce(r.Method.Format.Range, "Not tested in a format", "Method %q scores label words and is not tested in format %q. %s", r.Method.Name, name, why)
			continue
		}
		other := in
		other.Format = f
		if asks(r.Method.Method) && f.Words != nil {
			other.Words = f.Words
		}
		list = append(list, other)
	}
	return list
}

// unanswerable says why a run that scores label words cannot do so in another
// format; "" if it can, or scores none.
func (c *compiler) unanswerable(r *Run, in work.Input, f *block.Format) string {
	if in.Words == nil || r.Model == nil {
		return ""
	}
	base := c.dryModel(r.Model)
	if base == nil {
		return "" // its shape is not known yet
	}
	return f.Answerable(base.Config(), asks(r.Method.Method))
}

// warnOnce is once for what does not keep an experiment from running.
func (c *compiler) warnOnce(at hcl.Range, summary, format string, args ...any) {
	c.once(at, summary, format, args...)
	c.diags[len(c.diags)-1].Severity = hcl.DiagWarning
}
