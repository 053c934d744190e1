package results

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTimesAreUTCWhateverTheZoneAndYear: times are read back as the instants that
// they were, and lie in the file as text that sorts and that other programs read.
func TestTimesAreUTCWhateverTheZoneAndYear(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	ctx := context.Background()
	east, west := time.FixedZone("", 14*60*60), time.FixedZone("", -12*60*60)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("this machine has no time zones: %v", err)
	}
	for name, at := range map[string]time.Time{
		"before 1970":         time.Date(1969, 12, 31, 23, 59, 59, 1, time.UTC),
		"end of 32 bits":      time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		"end of 64 bits":      time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC), // of nanoseconds
		"last year":           time.Date(9999, 12, 31, 10, 59, 59, 999_999_999, west),
		"first day, far east": time.Date(2026, 1, 1, 0, 30, 0, 0, east),
		"hour that is double": time.Date(2026, 10, 25, 2, 30, 0, 0, berlin),
		"hour that is not":    time.Date(2026, 3, 29, 2, 30, 0, 0, berlin),
	} {
		inv := Invocation{ID: name, Experiment: "times", Started: at, Finished: at.Add(time.Hour), Status: "done"}
		if err := s.Begin(ctx, inv); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := s.Invocation(ctx, name)
		if err != nil || !got.Started.Equal(inv.Started) || !got.Finished.Equal(inv.Finished) {
			t.Errorf("%s: %v to %v was read back as %v to %v, %v", name, inv.Started, inv.Finished, got.Started, got.Finished, err)
		}
		var text string
		if err := s.db.QueryRow(`select started from invocation where id = ?`, name).Scan(&text); err != nil || !strings.HasSuffix(text, "Z") || len(text) < len("2006-01-02T15:04:05Z") {
			t.Errorf("%s: the file says %q, %v", name, text, err)
		}
		var seconds int64
		if err := s.db.QueryRow(`select unixepoch(started) from invocation where id = ?`, name).Scan(&seconds); err != nil || seconds != at.Unix() {
			t.Errorf("%s: SQLite reads %q as %d, %v; want %d", name, text, seconds, err, at.Unix())
		}
	}
}
