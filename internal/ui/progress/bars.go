package progress

import (
	"log/slog"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"runexp/pipeline"
)

// bars reports by one bar for each running node, and log lines above them.
type bars struct {
	progress *mpb.Progress
	log      *slog.Logger
	now      func() time.Time

	mu   sync.Mutex
	rows map[*pipeline.Node]*row
}

// row is the bar of one node.
type row struct {
	bar   *mpb.Bar
	mu    sync.Mutex
	meter meter
}

// newBars starts to draw. More options of mpb serve the tests.
func newBars(o Options, color bool, more ...mpb.ContainerOption) *bars {
	options := append([]mpb.ContainerOption{
		mpb.WithOutput(o.Out),
		mpb.WithWidth(28),
		mpb.WithRefreshRate(200 * time.Millisecond),
	}, more...)
	b := &bars{progress: mpb.New(options...), now: o.Now, rows: map[*pipeline.Node]*row{}}
	b.log = slog.New(o.Handler(b.progress, color))
	return b
}

func (b *bars) Logger() *slog.Logger { return b.log }

// Close takes the bars away that are left, and waits for the last drawing.
func (b *bars) Close() {
	b.mu.Lock()
	for n, r := range b.rows {
		r.bar.Abort(true)
		delete(b.rows, n)
	}
	b.mu.Unlock()
	b.progress.Wait()
}

func (b *bars) NodeStarted(n *pipeline.Node) { b.row(n) }

// row returns the bar of a node, adding it if need be.
func (b *bars) row(n *pipeline.Node) *row {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rows[n]; r != nil {
		return r
	}
	r := &row{meter: meter{started: b.now()}}
	name := Escape(n.Addr)
	r.bar = b.progress.AddBar(0,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.meter.text(b.now())
		})),
	)
	b.rows[n] = r
	return r
}

func (b *bars) NodeProgress(n *pipeline.Node, p pipeline.Progress) {
	r := b.row(n)
	r.mu.Lock()
	r.meter.report(p, b.now())
	r.mu.Unlock()
	if p.Total > 0 {
		// One more than there is: mpb takes a full bar away, and the node
		// still has to be committed.
		r.bar.SetTotal(p.Total+1, false)
		r.bar.SetCurrent(min(p.Done, p.Total))
	}
}

func (b *bars) NodeDone(n *pipeline.Node, res *pipeline.Result) {
	b.mu.Lock()
	if r := b.rows[n]; r != nil {
		r.bar.Abort(true)
		delete(b.rows, n)
	}
	b.mu.Unlock()
	logDone(b.log, n, res, false)
}
