package progress

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// terminal writes log lines for people: the time of day, what happened, the
// node, and the rest as key=value.
type terminal struct {
	mu    *sync.Mutex
	w     io.Writer
	attrs []slog.Attr
}

func newTerminal(w io.Writer) *terminal { return &terminal{mu: new(sync.Mutex), w: w} }

func (*terminal) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (t *terminal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &terminal{t.mu, t.w, append(t.attrs[:len(t.attrs):len(t.attrs)], attrs...)}
}

// WithGroup has no effect: keys are read by people.
func (t *terminal) WithGroup(string) slog.Handler { return t }

func (t *terminal) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  %-7s", r.Time.Format("15:04:05"), Escape(r.Message))
	add := func(a slog.Attr) bool {
		b.WriteString("  ")
		if a.Key != "node" && a.Key != "took" {
			b.WriteString(a.Key + ": ")
		}
		b.WriteString(Escape(a.Value.String()))
		return true
	}
	for _, a := range t.attrs {
		add(a)
	}
	r.Attrs(add)
	b.WriteByte('\n')
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := t.w.Write(b.Bytes())
	return err
}
