package cache

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// A record that another user has put into a folder that all may write to is
// not believed, unless the folder is marked as shared.
func TestForgedRecord(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	s := openTest(t)
	commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	if err := os.Chown(s.path("actions", recipeOf("x").ID()), 12345, -1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode fs.FileMode
		hit  bool
	}{{0o755, true}, {0o777, false}, {0o775, false}, {0o777 | fs.ModeSetgid, true}} {
		if err := os.Chmod(s.Dir(), c.mode); err != nil {
			t.Fatal(err)
		}
		again, err := Open(s.Dir(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = again.Lookup(recipeOf("x").ID())
		if c.hit != (err == nil) || !c.hit && (!errors.Is(err, ErrMiss) || !strings.Contains(err.Error(), "user 12345")) {
			t.Errorf("a folder of mode %v: %v, want a hit: %v", c.mode, err, c.hit)
		}
	}
	// Whoever computes it again writes a record of their own.
	os.Chmod(s.Dir(), 0o777)
	commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	if _, err := s.Lookup(recipeOf("x").ID()); err != nil {
		t.Errorf("after a commit: %v", err)
	}
}
