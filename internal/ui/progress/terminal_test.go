package progress

import (
	"bytes"
	"errors"
	"log/slog"
	"regexp"
	"testing"
	"time"
)

func TestTerminalLinesAreForPeople(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newTerminal(&out)).With("node", "method.lora#1")
	log.Debug("cached")
	log.Info("done", "took", 1500*time.Millisecond)
	log.Error("failed", "error", errors.New("evil\x1b[31m"))
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d  done     method\.lora#1  1\.5s\n\d\d:\d\d:\d\d  failed   method\.lora#1  error: evil\\x1b\[31m\n$`)
	if !want.Match(out.Bytes()) {
		t.Errorf("got\n%q, want a match of\n%s", out.String(), want)
	}
}
