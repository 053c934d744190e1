// Lengths prints the number of tokens of each row of a file, for peer.py and
// runexp bench:
//
//	lengths TOKENIZER FILE.csv COLUMN [COLUMN]    the text, or pair, of those columns
//	lengths TOKENIZER FILE                        what follows the first word of each line
//
// TOKENIZER is a folder with vocab.txt or the like.
package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"runexp/internal/lm/tokenizer"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lengths:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) < 2 || len(args) > 4 {
		return fmt.Errorf("want TOKENIZER FILE [COLUMN [COLUMN]], have %d arguments", len(args))
	}
	t, err := tokenizer.Load(args[0])
	if err != nil {
		return err
	}
	f, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer f.Close()
	read := lines
	if names := args[2:]; len(names) > 0 {
		read = func(r io.Reader) ([][]string, error) { return columns(r, names) }
	}
	rows, err := read(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", args[1], err)
	}
	w := bufio.NewWriter(out)
	for _, r := range rows {
		e := t.EncodeInput(r[0], r[len(r)-1], len(r) > 1, tokenizer.Options{MaxLength: 512})
		fmt.Fprintln(w, len(e.IDs))
	}
	return w.Flush()
}

// lines are the texts of a file whose lines begin with a label.
func lines(r io.Reader) (rows [][]string, err error) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		_, text, _ := strings.Cut(s.Text(), " ")
		rows = append(rows, []string{text})
	}
	return rows, s.Err()
}

// columns are the named columns of a CSV file, row by row.
func columns(r io.Reader, names []string) (rows [][]string, err error) {
	all, err := csv.NewReader(r).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	for _, record := range all[1:] {
		var row []string
		for _, name := range names {
			at := slices.Index(all[0], name)
			if at < 0 {
				return nil, fmt.Errorf("no column %q", name)
			}
			row = append(row, record[at])
		}
		rows = append(rows, row)
	}
	return rows, nil
}
