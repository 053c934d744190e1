package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"runexp/internal/report"
	"runexp/internal/show"
)

// document is an answer that the package report draws, with links on top.
type document struct {
	*report.Document
	trail []link
}

var trailTemplate = template.Must(template.New("trail").Funcs(template.FuncMap{"visible": show.Visible}).
	Parse(`<p class="note">{{range .}}<a href="{{.Href}}">{{visible .Text}}</a> › {{end}}</p>` + "\n"))

// serve sends the document as the file report.html shows it; only the trail of
// links is put in front.
func (d *document) serve(w http.ResponseWriter, status int) {
	var body, trail bytes.Buffer
	if err := trailTemplate.Execute(&trail, d.trail); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	if err := report.HTML(&body, d.Document); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	before, after, ok := bytes.Cut(body.Bytes(), []byte("<main>\n"))
	if !ok {
		fail(w, http.StatusInternalServerError, fmt.Errorf("the report has no main element"))
		return
	}
	w.Header().Set("Content-Security-Policy", documentPolicy)
	send(w, status, "text/html; charset=utf-8", bytes.Join([][]byte{before, after}, append([]byte("<main>\n"), trail.Bytes()...)))
}

// build makes an invocation's report from the database, as the command does.
func (r *request) build(id string) (*report.Document, error) {
	inv, err := r.db.Invocation(r, id)
	if err != nil {
		return nil, err
	}
	f, _ := facts(inv)
	study, err := r.db.Study(r, id)
	if err != nil {
		return nil, err
	}
	return report.Build(f, study), nil
}

// reportDocument is the report of one invocation.
func reportDocument(r *request) (*document, error) {
	id := r.query.Get("id")
	d, err := r.build(id)
	if err != nil {
		return nil, err
	}
	return &document{d, []link{homeLink, {id, address("/invocation", "id", id)}}}, nil
}

// changesDocument compares two invocations, as runexp compare does.
func changesDocument(r *request) (*document, error) {
	a, err := r.invocation("a")
	if err != nil {
		return nil, err
	}
	b, err := r.invocation("b")
	if err != nil {
		return nil, err
	}
	f, _ := facts(b)
	before, err := r.db.Study(r, a.ID)
	if err != nil {
		return nil, err
	}
	after, err := r.db.Study(r, b.ID)
	if err != nil {
		return nil, err
	}
	return &document{report.Compare(before, after, f, nil).Document(), []link{homeLink}}, nil
}

// historyDocument follows a metric of an experiment over its invocations; the
// metric is the first data set's own unless the address names another.
func historyDocument(r *request) (*document, error) {
	experiment, metric := r.query.Get("experiment"), r.query.Get("metric")
	last, err := r.db.Last(r, experiment)
	if err != nil {
		return nil, err
	}
	if f, _ := facts(last); metric == "" && len(f.Datasets) > 0 {
		metric = f.Datasets[0].Metric
	}
	found, err := r.db.History(r, experiment, metric)
	if err != nil {
		return nil, err
	}
	points := make([]report.HistoryPoint, len(found))
	for k, p := range found {
		points[k] = report.HistoryPoint{
			Invocation: p.Invocation.ID, Started: p.Invocation.Started.UTC().Format(time.DateTime), Dataset: p.Dataset, Model: p.Model,
			Configuration: p.Configuration, Condition: p.Condition, Split: p.Split, Estimate: p.Estimate,
		}
	}
	return &document{report.History(experiment, metric, points), []link{homeLink}}, nil
}

// figuresPage shows the figures of an invocation's report, and nothing else.
func figuresPage(r *request) (*page, error) {
	inv, err := r.invocation("id")
	if err != nil {
		return nil, err
	}
	d, err := r.build(inv.ID)
	if err != nil {
		return nil, err
	}
	all := figures{}
	for _, b := range d.Blocks {
		if f, ok := b.(report.Figure); ok {
			all.Figures = append(all.Figures, figure{f.Caption, f.Chart})
		}
	}
	p := invocationFrame(inv, "/figures")
	p.Blocks = append(p.Blocks, all)
	if len(all.Figures) == 0 {
		p.Blocks = append(p.Blocks, note{"There is nothing to draw: no run has finished."})
	}
	return p, nil
}
