package progress

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"runexp/pipeline"
)

// clock is a clock that tests set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }
func newClock() *clock                   { return &clock{time.Unix(1000, 0)} }

// lockedBuffer is a buffer that mpb's goroutine may write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// plainHandler is a text handler without times.
func plainHandler(w io.Writer, _ bool) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	r := New(Options{Out: &out, Now: c.now, Handler: plainHandler})
	n := &pipeline.Node{Addr: "method.lora"}
	r.NodeStarted(n)
	for step := range int64(25) {
		r.NodeProgress(n, pipeline.Progress{Done: step * 10, Total: 1000, Unit: "steps", Note: "loss 0.5"})
		c.advance(time.Second)
	}
	r.NodeDone(n, &pipeline.Result{Status: pipeline.Ran, Duration: 25 * time.Second})
	r.NodeDone(n, &pipeline.Result{Status: pipeline.Cached})
	r.Close()
	want := `level=INFO msg=start node=method.lora
level=INFO msg=running node=method.lora progress="100/1000 steps  10.0/s  1m30s left  loss 0.5"
level=INFO msg=running node=method.lora progress="200/1000 steps  10.0/s  1m20s left  loss 0.5"
level=INFO msg=done node=method.lora took=25s
`
	if got := out.String(); got != want {
		t.Errorf("lines:\n%s\nwant:\n%s", got, want)
	}
}

func TestNoneShowsFailuresOnly(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Mode: None, Out: &out, Handler: plainHandler})
	n := &pipeline.Node{Addr: "a"}
	r.NodeStarted(n)
	r.NodeDone(n, &pipeline.Result{Status: pipeline.Ran})
	r.NodeDone(n, &pipeline.Result{Status: pipeline.Failed, Err: errors.New("a: no luck")})
	want := "level=ERROR msg=failed node=a took=0s error=\"a: no luck\"\n"
	if got := out.String(); got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
}

func TestControlCharactersAreShown(t *testing.T) {
	for text, want := range map[string]string{
		"plain ä 世界":                   "plain ä 世界",
		"\x1b[2Jgone":                  `\x1b[2Jgone`,
		"a\rb\nc\td":                   `a\rb\nc\td`,
		"\u202eright to left":          `\u202eright to left`,
		"\x1b]8;;http://x\x07l":        `\x1b]8;;http://x\al`,
		"\u009b31m":                    `\u009b31m`,
		"bad \xff byte":                `bad \ufffd byte`,
		"\u2028 separator, zero\u200b": `\u2028 separator, zero\u200b`,
	} {
		if got := Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestBarsShowRunningNodesAndLines(t *testing.T) {
	out := &lockedBuffer{}
	c := newClock()
	refresh := make(chan any)
	b := newBars(Options{Out: out, Now: c.now, Handler: plainHandler}, false, mpb.WithManualRefresh(refresh))
	n := &pipeline.Node{Addr: "evil\x1b[31m"}
	b.NodeStarted(n)
	b.NodeProgress(n, pipeline.Progress{Total: 100, Unit: "steps"})
	b.NodeProgress(n, pipeline.Progress{Done: 100, Total: 100, Unit: "steps"})
	refresh <- time.Now()
	b.Logger().Info("hello")
	b.NodeDone(n, &pipeline.Result{Status: pipeline.Ran, Duration: time.Second})
	refresh <- time.Now()
	b.Close()
	got := out.String()
	for _, want := range []string{`evil\x1b[31m`, "100/100 steps", "msg=hello", "msg=done"} {
		if !strings.Contains(got, want) {
			t.Errorf("output %q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "evil\x1b") {
		t.Errorf("output %q holds a name's escape sequence", got)
	}
}

func TestRateCountsFromTheFirstReport(t *testing.T) {
	c := newClock()
	m := meter{started: c.now()}
	c.advance(time.Second)
	m.report(pipeline.Progress{Done: 900, Total: 1000}, c.now()) // resumed from a checkpoint
	c.advance(5 * time.Second)
	m.report(pipeline.Progress{Done: 950, Total: 1000}, c.now())
	if got := m.rate(); got != 10 {
		t.Errorf("rate = %v, want 10", got)
	}
	if left, ok := m.left(c.now()); !ok || left != 5*time.Second {
		t.Errorf("left = %v, %v, want 5s", left, ok)
	}
}

func TestParseMode(t *testing.T) {
	if m, err := ParseMode("plain"); m != Plain || err != nil {
		t.Errorf("ParseMode(plain) = %v, %v", m, err)
	}
	if _, err := ParseMode("loud"); err == nil {
		t.Error("ParseMode(loud) gave no error")
	}
}
