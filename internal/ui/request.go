package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"runexp/internal/report"
	"runexp/results"
)

// request is one question: an open database and what the address asks of it.
type request struct {
	context.Context
	db    *results.Store
	query url.Values
}

// statusOf maps the errors of the database to what HTTP calls them.
func statusOf(err error) int {
	var bad errRequest
	switch {
	case errors.As(err, &bad):
		return http.StatusBadRequest
	case errors.Is(err, results.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return http.StatusNotFound
	case errors.Is(err, results.ErrBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// invocation finds the invocation that a parameter names.
func (r *request) invocation(parameter string) (results.Invocation, error) {
	return r.db.Invocation(r, r.query.Get(parameter))
}

// facts are what the invocation's document says; one that cannot be read gives
// no facts and a warning, for its numbers are still worth a look.
func facts(inv results.Invocation) (*report.Facts, []any) {
	f := &report.Facts{}
	if err := json.Unmarshal(inv.Document, f); err != nil {
		return &report.Facts{}, []any{warning{fmt.Sprintf("The facts of this invocation cannot be read: %v", err)}}
	}
	return f, nil
}

// runRef names a run as an invocation calls it.
type runRef struct {
	Invocation string
	Position   int
}

// String is the reference as it stands in addresses: "12:legal-2026…".
func (r runRef) String() string { return strconv.Itoa(r.Position) + ":" + r.Invocation }

func (r runRef) href() string { return address("/run", "r", r.String()) }

// run is a member of an invocation, with the invocation.
type run struct {
	results.Member
	ref        runRef
	invocation results.Invocation
}

// run finds the run that a parameter names.
func (r *request) run(parameter string) (*run, error) {
	text := r.query.Get(parameter)
	number, id, ok := strings.Cut(text, ":")
	position, err := strconv.Atoi(number)
	if !ok || err != nil || position < 0 {
		return nil, badRequest("%s=%q does not name a run: it should be a number, a colon and an invocation", parameter, text)
	}
	inv, err := r.db.Invocation(r, id)
	if err != nil {
		return nil, err
	}
	members, err := r.db.Members(r, id)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Position == position {
			return &run{Member: m, ref: runRef{id, position}, invocation: inv}, nil
		}
	}
	return nil, fmt.Errorf("run %d of invocation %s: %w", position, id, results.ErrNotFound)
}

// address is a path of this site with a query; names may hold any characters.
func address(path string, namesAndValues ...string) string {
	q := url.Values{}
	for k := 0; k+1 < len(namesAndValues); k += 2 {
		q.Set(namesAndValues[k], namesAndValues[k+1])
	}
	return path + "?" + q.Encode()
}
