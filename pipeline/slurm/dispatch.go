package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"runexp/pipeline"
)

// loop serves the jobs that come, until Close.
func (r *Runner) loop() {
	defer close(r.ended)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-r.quit
		cancel()
	}()
	tick := time.NewTicker(r.o.Look)
	defer tick.Stop()
	gathered := time.NewTimer(gather)
	defer gathered.Stop()
	for {
		select {
		case w := <-r.incoming:
			r.take(w)
			gathered.Reset(gather + time.Millisecond)
		case <-gathered.C:
			r.submit(ctx)
		case w := <-r.leaving:
			delete(r.wanted, w.job.Action.String())
		case <-tick.C:
			r.step(ctx)
		case <-r.quit:
			return
		}
	}
}

// take accepts a job, which an element that is alive may be running already.
func (r *Runner) take(w *wanted) {
	action := w.job.Action.String()
	r.wanted[action] = w
	r.lastCame = time.Now()
	if w.lost > 0 {
		return // the element that lost it may be alive still
	}
	for _, e := range r.live {
		if slices.ContainsFunc(e.tasks, func(t task) bool { return t.Action == action }) {
			w.in = e
		}
	}
}

// step looks at what has happened and does what is to be done.
func (r *Runner) step(ctx context.Context) {
	if err := r.deliver(); err != nil {
		r.o.Say(fmt.Sprintf("shared folder: %v", err)) // it may be back at the next look
		return
	}
	if now := time.Now(); len(r.live) > 0 && now.Sub(r.lastLook) >= r.pollInterval() {
		r.lastLook = now
		r.look(ctx)
	}
	if ctx.Err() == nil {
		r.submit(ctx)
	}
}

// pollInterval is short at first where an earlier coordinator's jobs may have
// ended: somebody waits for the answer.
func (r *Runner) pollInterval() time.Duration {
	if slices.ContainsFunc(r.live, func(e *element) bool { return e.adopted && e.missed > 0 }) {
		return min(r.o.Poll, 2*time.Second)
	}
	return r.o.Poll
}

// deliver tells those whose results are there.
func (r *Runner) deliver() error {
	if len(r.wanted) == 0 {
		return nil
	}
	list, err := os.ReadDir(r.folder.results())
	if err != nil {
		return err
	}
	for _, entry := range list {
		if w := r.wanted[entry.Name()]; w != nil {
			r.answer(w, nil)
		}
	}
	return nil
}

// answer ends the wait for a job.
func (r *Runner) answer(w *wanted, err error) {
	delete(r.wanted, w.job.Action.String())
	if w.in != nil {
		w.in.open--
		w.in = nil
	}
	w.done <- err
}

// busy counts the elements that may have work left. One whose results are all
// there is about to end, or the queue has not been looked at since.
func (r *Runner) busy() int {
	n := 0
	for _, e := range r.live {
		if e.open > 0 {
			n++
		}
	}
	return n
}

// longEnd is how many looks in a row may find a job ending before it counts as
// over: where a node does not answer it may be so for hours.
const longEnd = 5

// look asks who is alive, and settles what became of the others.
func (r *Runner) look(ctx context.Context) {
	queue, err := r.o.Cluster.Queue(ctx)
	if err != nil {
		if !r.queueDown && ctx.Err() == nil {
			r.o.Say(fmt.Sprintf("the queue cannot be read, waiting (%v)", err))
		}
		r.queueDown = true
		return
	}
	r.queueDown = false
	var over, alive []*element
	for _, e := range r.live {
		a, ok := queue[Place{e.job, e.index}]
		switch {
		case ok && a.hopeless():
			r.o.Say(fmt.Sprintf("job %s is given up (%s)", a.ID, a.Reason))
			if err := r.o.Cluster.Cancel(ctx, []string{a.ID}); err != nil {
				r.o.Say(err.Error())
			}
			e.missed = e.needed()
		case ok && a.State == "COMPLETING":
			e.ending++
			e.missed = 0
		case ok:
			e.ending, e.missed = 0, 0
			r.note(e, a)
		default:
			e.missed++
		}
		if e.missed >= e.needed() || e.ending >= longEnd {
			over = append(over, e)
		} else {
			alive = append(alive, e)
		}
	}
	if len(over) == 0 {
		return
	}
	// Results that were left before the end are looked for after it.
	if err := r.deliver(); err != nil {
		return
	}
	r.live = alive
	for _, e := range over {
		r.settle(e)
	}
	for _, e := range over {
		r.tidy(e.batch)
	}
}

// note tells those who wait for an element how it is.
func (r *Runner) note(e *element, a Alive) {
	text := fmt.Sprintf("job %s is %s", a.ID, strings.ToLower(a.State))
	switch {
	case a.State == "PENDING" && a.Reason != "" && a.Reason != "None":
		text += " (" + a.Reason + ")"
	case a.Node != "":
		text += " on " + a.Node
	}
	for _, t := range e.tasks {
		if w := r.wanted[t.Action]; w != nil && w.in == e && w.note != text {
			w.note = text
			w.job.Report(pipeline.Progress{Note: text})
		}
	}
}

// settle decides what becomes of the nodes of an element that is over and left
// no result of them. A node that was cut off is retried, and so are all if none
// was begun; those that were only waiting for their turn are innocent.
func (r *Runner) settle(e *element) {
	traces := map[string]trace{}
	begun := false
	for _, t := range e.tasks {
		traces[t.Action] = r.folder.traceOf(t.Action, e.by())
		begun = begun || traces[t.Action] != untouched || r.folder.hasResult(t.Action) || r.wanted[t.Action] == nil
	}
	log := logPath(r.folder.batch(e.batch), strconv.Itoa(e.index))
	for _, t := range e.tasks {
		w := r.wanted[t.Action]
		if w == nil || w.in != e {
			continue
		}
		w.in = nil
		var err error
		switch traces[t.Action] {
		case cutOff:
			err = r.lose(w, "its job ended without a result", log)
		case stuck:
			err = r.lose(w, "its job was ended before the first checkpoint (is the executor's time too short?)", log)
		case untouched:
			if !begun {
				err = r.lose(w, "its job ended before it began", log)
			}
		}
		if err != nil {
			r.answer(w, err)
		}
	}
}

// lose counts a loss. The error says that there were too many, and shows the
// job's last lines.
func (r *Runner) lose(w *wanted, why, log string) error {
	w.lost++
	w.why = why
	w.notBefore = time.Now().Add(r.o.Poll << (w.lost - 1))
	if w.lost <= losses {
		w.job.Report(pipeline.Progress{Note: fmt.Sprintf("lost (%s), trying again", why)})
		return nil
	}
	text := fmt.Sprintf("lost %d times, at last because %s", w.lost, why)
	if last := lastLines(log); last != "" {
		text += "; the job's last lines:\n" + last
	}
	return errors.New(text)
}

// tidy removes a batch's folder when none of its elements is alive.
func (r *Runner) tidy(batch string) {
	if !slices.ContainsFunc(r.live, func(e *element) bool { return e.batch == batch }) {
		os.RemoveAll(r.folder.batch(batch)) // what stays only takes space
	}
}
