package work

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// writeOutcomes writes the bytes that cache.WriteJSON would, some rows at a time: the
// text of a million rows is not held in memory.
func writeOutcomes(path string, list []Outcomes) error {
	if len(list) == 0 {
		return os.WriteFile(path, []byte("null\n"), 0o666)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", outcomesFile, err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	before := "["
	for i := range list {
		w.WriteString(before + "\n {\n")
		before = ","
		err = errors.Join(err, list[i].write(w))
		w.WriteString("\n }")
	}
	w.WriteString("\n]\n")
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", outcomesFile, err)
	}
	return nil
}

// write writes the columns that have rows.
func (o *Outcomes) write(w *bufio.Writer) error {
	split, err := json.Marshal(o.Split)
	fmt.Fprintf(w, "  \"split\": %s", split)
	return errors.Join(err, column(w, "ids", o.IDs), column(w, "slices", o.Slices), column(w, "gold", o.Gold),
		column(w, "pred", o.Pred), column(w, "score", o.Score), column(w, "weight", o.Weight), column(w, "probs", o.Probs))
}

// elementsAtOnce is how many rows of a column are made text at a time.
const elementsAtOnce = 1024

// column writes a column, if it has rows. Errors of w are those of its Flush.
func column[T any](w *bufio.Writer, name string, values []T) error {
	if len(values) == 0 {
		return nil
	}
	const indent = "  "
	fmt.Fprintf(w, ",\n%s%q: [", indent, name)
	for first := 0; first < len(values); first += elementsAtOnce {
		text, err := json.MarshalIndent(values[first:min(first+elementsAtOnce, len(values))], indent, " ")
		if err != nil {
			return err
		}
		if first > 0 {
			w.WriteByte(',')
		}
		w.Write(bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("[")), []byte("\n"+indent+"]")))
	}
	_, err := w.WriteString("\n" + indent + "]")
	return err
}
