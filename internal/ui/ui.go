// Package ui serves a local page over the results database: experiments, the
// comparison table to sort and filter, figures, one run with its curves and the
// rows it got wrong, two runs side by side, and the report.
//
// What goes in is the path of a database; what comes out is an http.Handler and
// the means to serve it. Everything that a browser loads lies in the binary.
//
// The one idea inside: the page may look and never touch. Every request opens
// the database for reading and closes it again, so that an experiment can run
// beside it and a reload shows what it recorded. There are no paths of files in
// addresses: each address is one of a fixed list, with names in its query. And
// since other pages in the same browser can send requests here too, guard.go
// answers only what was addressed to this server and asked by its own pages.
package ui

import (
	"errors"
	"fmt"
	"net/http"

	"runexp/results"
)

// Options say what to serve, and to whom.
type Options struct {
	Database string   // path of the database; it may come into being later
	Hosts    []string // accepted values of the Host header, lower case, with the port
	AnyIP    bool     // an address in digits is accepted too: for a server that the network reaches
	Port     string   // the port that such an address must name
	Token    string   // a secret that a reader must show once; "" asks for none
}

// New returns the handler.
func New(o Options) http.Handler {
	s := &site{database: o.Database}
	return newGuard(o, s)
}

// site answers the requests that the guard lets through.
type site struct{ database string }

// A view builds one page from an open database.
type view func(r *request) (*page, error)

// routes are all addresses that there are. An address is compared as it was
// sent, still escaped: what is not spelled exactly so does not exist.
var routes = map[string]view{
	"/":           home,
	"/invocation": invocationPage,
	"/figures":    figuresPage,
	"/run":        runPage,
	"/pair":       pairPage,
}

// documents are addresses whose answer is drawn by the package report.
var documents = map[string]func(r *request) (*document, error){
	"/report":  reportDocument,
	"/changes": changesDocument,
	"/history": historyDocument,
}

// exists reports whether there is a page at an address.
func exists(path string) bool { return routes[path] != nil || documents[path] != nil }

func (s *site) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	defer func() {
		// Pages are drawn before they are sent, so this one is still possible.
		if fault := recover(); fault != nil {
			fail(w, http.StatusInternalServerError, fmt.Errorf("this is a mistake in runexp: %v", fault))
		}
	}()
	path := q.URL.EscapedPath()
	if asset, ok := assets[path]; ok {
		asset.serve(w)
		return
	}
	if !exists(path) {
		fail(w, http.StatusNotFound, errors.New("there is no such page"))
		return
	}
	r := &request{Context: q.Context(), query: q.URL.Query()}
	answer, err := s.answer(path, r)
	if err != nil {
		fail(w, statusOf(err), err)
		return
	}
	answer.serve(w, http.StatusOK)
}

// drawn is an answer that is ready to be sent.
type drawn interface {
	serve(w http.ResponseWriter, status int)
}

// answer looks at a database that nobody writes without touching it, or reads
// beside a writer; when a writer came in the middle, it looks again.
func (s *site) answer(path string, r *request) (drawn, error) {
	for range 3 {
		answer, undisturbed, err := s.read(results.OpenQuiet, path, r)
		if undisturbed {
			return answer, err
		}
	}
	answer, _, err := s.read(results.OpenReadOnly, path, r)
	return answer, err
}

func (s *site) read(open func(path string) (*results.Store, error), path string, r *request) (answer drawn, undisturbed bool, err error) {
	if r.db, err = open(s.database); err != nil {
		return nil, true, err
	}
	defer r.db.Close()
	if build := routes[path]; build != nil {
		answer, err = build(r)
	} else {
		answer, err = documents[path](r)
	}
	return answer, r.db.Undisturbed(), err
}

// errRequest is a query that does not say what it should.
type errRequest string

func (e errRequest) Error() string { return string(e) }

func badRequest(format string, args ...any) error { return errRequest(fmt.Sprintf(format, args...)) }
