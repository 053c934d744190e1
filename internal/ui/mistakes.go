package ui

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"runexp/internal/show"
	"runexp/results"
)

// rowsAPage bounds the rows of data that one page shows.
const rowsAPage = 50

// outcomes reads what a run did with the rows of the split that the reader
// chose, by default the last one that has rows. shown are the splits that do.
func (r *request) outcomes(one *run, splits []string) (o *results.Outcomes, shown []string, err error) {
	asked := r.query.Get("split")
	for _, split := range splits {
		found, err := r.db.Outcomes(r, one.Action, one.Seed, split)
		if errors.Is(err, results.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		shown = append(shown, split)
		if asked == "" || asked == split {
			o = found
		}
	}
	return o, shown, nil
}

const noTexts = "The database keeps row ids, not texts: find a row in your data by its id."

// mistakes lists the rows of a split that a run got wrong.
func (r *request) mistakes(one *run, splits []string) ([]any, error) {
	blocks := []any{heading{"Rows it got wrong"}}
	o, shown, err := r.outcomes(one, splits)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return append(blocks, note{"No outcomes of single rows are kept for this run."}), nil
	}
	split := choice{Name: "split", Label: "split"}
	split.add(shown, o.Split)
	blocks = append(blocks, form{Action: "/run", Hidden: []field{{"r", one.ref.String()}}, Selects: []choice{split}, Button: "Show"})

	j := newJudge(o)
	rows := j.mistakes()
	about := show.Plural(len(rows), "row") + " of " + show.Count(int64(o.Len())) + " wrong"
	order := "those first where the model was surest"
	switch j.kind {
	case values:
		about, order = show.Plural(o.Len(), "row"), "the largest errors first"
	case parts:
		order = "those first with the most wrong parts"
	case labels:
		order = "in the order of the data"
	}
	blocks = append(blocks, note{about + ", " + order + ". " + noTexts})
	part, pages := r.part(rows, "/run", "r", one.ref.String(), "split", o.Split)

	g := &grid{ID: "mistakes", Filter: true, Empty: "No row is wrong.", Head: []column{{Name: "row"}}}
	sliced, probable := o.Slices != nil, len(o.Probs) == o.Len()
	g.Head = append(g.Head, column{"gold", j.kind == values || j.kind == parts}, column{"predicted", j.kind == values || j.kind == parts})
	if j.kind == classes && probable {
		g.Head = append(g.Head, column{"P(predicted)", true}, column{"P(gold)", true})
	}
	if j.kind == values {
		g.Head = append(g.Head, column{"error", true})
	}
	if probable {
		g.Head = append(g.Head, column{Name: "probabilities"})
	}
	if sliced {
		g.Head = append(g.Head, column{Name: "slice"})
	}
	for _, i := range part {
		l := line{Cells: []cell{name(o.IDs[i]), j.gold(i), j.predicted(i)}}
		if j.kind == classes && probable {
			p, q := j.confidence(i), j.probability(i, j.Gold[i])
			l.Cells = append(l.Cells, value(score(p), p), value(score(q), q))
		}
		if j.kind == values {
			l.Cells = append(l.Cells, value(signed(j.Pred[i]-j.Gold[i]), math.Abs(j.Pred[i]-j.Gold[i])))
		}
		if probable {
			l.Cells = append(l.Cells, text(j.distribution(i)))
		}
		if sliced {
			l.Cells = append(l.Cells, name(sliceOf(o, i)))
		}
		g.Rows = append(g.Rows, l)
	}
	return append(append(blocks, g), pages...), nil
}

// part is the part of a long list of rows that the address asks for, and links
// to the parts before and after.
func (r *request) part(rows []int, path string, query ...string) ([]int, []any) {
	from, err := strconv.Atoi(r.query.Get("from"))
	if err != nil || from < 0 || from >= len(rows) {
		from = 0
	}
	from -= from % rowsAPage
	to := min(from+rowsAPage, len(rows))
	if len(rows) <= rowsAPage {
		return rows, nil
	}
	at := func(k int) string { return address(path, append(slices.Clone(query), "from", strconv.Itoa(k))...) }
	c := cell{Text: show.Count(int64(from+1)) + " to " + show.Count(int64(to)) + " of " + show.Count(int64(len(rows)))}
	if from > 0 {
		c.Links = append(c.Links, link{"‹ before", at(from - rowsAPage)})
	}
	if to < len(rows) {
		c.Links = append(c.Links, link{"next ›", at(to)})
	}
	return rows[from:to], []any{item{"rows", c}}
}
