// Package progress shows what a run of the pipeline is doing: on a terminal a
// bar for every running node, with its rate and the time left; elsewhere plain
// log lines, when a node starts, every ten seconds, and when it is done.
//
// Names and notes may come from others' files, so control characters in them
// are shown, not obeyed.
package progress

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/term"

	"runexp/pipeline"
)

// Mode is how progress is shown.
type Mode string

// The modes; these are the values of the flag -progress.
const (
	Auto  Mode = "auto"  // bars on a terminal, else plain lines
	Plain Mode = "plain" // lines
	None  Mode = "none"  // only what failed
)

// ParseMode reads the value of a flag.
func ParseMode(text string) (Mode, error) {
	switch m := Mode(text); m {
	case Auto, Plain, None:
		return m, nil
	}
	return "", fmt.Errorf("progress %q: want auto, plain or none", text)
}

// Options of a reporter.
type Options struct {
	Mode Mode      // "" is Auto
	Out  io.Writer // nil: os.Stderr
	// Handler makes the handler of log lines, writing to w; color says whether
	// escape sequences are welcome. nil: lines for people on a terminal, else
	// slog's text handler.
	Handler func(w io.Writer, color bool) slog.Handler
	Every   time.Duration    // between lines of one node; 0: ten seconds
	Now     func() time.Time // nil: time.Now
}

// Reporter is an observer of the pipeline that shows what it is told.
type Reporter interface {
	pipeline.Observer
	// Logger writes lines that do not disturb the bars. Everything that is
	// said while the pipeline runs should go through it.
	Logger() *slog.Logger
	// Close takes the bars away and waits until everything is written.
	Close()
}

// New makes the reporter that suits the output.
func New(o Options) Reporter {
	if o.Out == nil {
		o.Out = os.Stderr
	}
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	terminal := IsTerminal(o.Out)
	color := terminal && os.Getenv("NO_COLOR") == ""
	bars := terminal && (o.Mode == Auto || o.Mode == "")
	if o.Handler == nil {
		o.Handler = func(w io.Writer, _ bool) slog.Handler {
			if bars {
				return newTerminal(w)
			}
			return slog.NewTextHandler(w, nil)
		}
	}
	if bars {
		return newBars(o, color)
	}
	return newLines(o, slog.New(o.Handler(o.Out, color)))
}

// IsTerminal reports whether a writer is a terminal that understands cursor
// movements and has a size: without one there is no room for a bar.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	return err == nil && width > 0 && height > 0
}
