package progress

import (
	"log/slog"
	"strings"
	"time"

	"runexp/pipeline"
)

// lines reports by log lines.
type lines struct {
	log    *slog.Logger
	every  time.Duration
	now    func() time.Time
	quiet  bool // only failures
	meters map[*pipeline.Node]*lineMeter
}

type lineMeter struct {
	meter
	said time.Time // when the last line was written
}

func newLines(o Options, log *slog.Logger) *lines {
	return &lines{log: log, every: o.Every, now: o.Now, quiet: o.Mode == None, meters: map[*pipeline.Node]*lineMeter{}}
}

func (l *lines) Logger() *slog.Logger { return l.log }

// Close has nothing to take away.
func (l *lines) Close() {}

func (l *lines) NodeStarted(n *pipeline.Node) {
	now := l.now()
	l.meters[n] = &lineMeter{meter: meter{started: now}, said: now}
	if !l.quiet {
		l.log.Info("start", "node", Escape(n.Addr))
	}
}

func (l *lines) NodeProgress(n *pipeline.Node, p pipeline.Progress) {
	now := l.now()
	m := l.meters[n]
	if m == nil { // not started yet: it waits for another process, which is worth a line
		if !l.quiet {
			l.log.Info("wait", "node", Escape(n.Addr), "for", Escape(strings.TrimPrefix(p.Note, "waiting for ")))
		}
		return
	}
	m.report(p, now)
	if l.quiet || now.Sub(m.said) < l.every {
		return
	}
	m.said = now
	l.log.Info("running", "node", Escape(n.Addr), "progress", m.text(now))
}

func (l *lines) NodeDone(n *pipeline.Node, r *pipeline.Result) {
	delete(l.meters, n)
	logDone(l.log, n, r, l.quiet)
}

// logDone writes the line of a node that is done. Nodes that were cached are
// many, and are counted by the caller: they get a line only when debugging.
func logDone(log *slog.Logger, n *pipeline.Node, r *pipeline.Result, quiet bool) {
	took := r.Duration.Round(time.Millisecond)
	switch r.Status {
	case pipeline.Failed:
		log.Error("failed", "node", Escape(n.Addr), "took", took, "error", Escape(r.Err.Error()))
	case pipeline.Skipped:
		because := ""
		if r.Because != nil {
			because = r.Because.Addr
		}
		log.Warn("skipped", "node", Escape(n.Addr), "because", Escape(because))
	case pipeline.Ran:
		if !quiet {
			log.Info("done", "node", Escape(n.Addr), "took", took)
		}
	default:
		log.Debug(r.Status.String(), "node", Escape(n.Addr))
	}
}
