package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFaultDatabase deletes or damages the database in ever other ways, and has
// it made again from the cache: the digest is what it was. RUNEXP_LONG=1 does it
// 1,000 times.
func TestFaultDatabase(t *testing.T) {
	t.Parallel()
	s := newSiteOf(t, "every")
	want := s.complete("-only", "method.tfidf", "-only", "method.fine_tuning")
	path := filepath.Join(s.dir, "results", "runexp.db")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 20
	if long() {
		rounds = 1000
	}
	rng := rand.New(rand.NewPCG(11, 12))
	refused := 0
	for k := range rounds {
		old, _ := filepath.Glob(path + "*")
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		what, damaged, logged := damage(k, good, rng)
		if damaged != nil {
			write(t, path, damaged)
		}
		if logged != nil {
			write(t, path+"-wal", logged)
		}
		p := s.start(nil, "results", "rebuild")
		status, by := p.wait(t)
		if newer := strings.Contains(p.err.String(), "this binary knows"); status != 0 && newer {
			refused++ // one bit of the version cannot be told from a newer program's file
			continue
		}
		if status != 0 {
			t.Fatalf("%s: exit status %d, signal %v\n%s", what, status, by, p.err.String())
		}
		if got := s.digest(); got != want {
			t.Fatalf("%s: the digest is %s, it was %s", what, got, want)
		}
	}
	t.Logf("%d ways, %d refused as a newer program's", rounds, refused)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// damage returns a database that something has happened to, and its log; nil is
// no file.
func damage(k int, good []byte, rng *rand.Rand) (what string, file, logged []byte) {
	file = append([]byte(nil), good...)
	at := rng.IntN(len(file))
	size := min(1+rng.IntN(4096), len(file)-at)
	switch k % 8 {
	case 0:
		return "deleted", nil, nil
	case 1:
		return fmt.Sprintf("cut to %d bytes", at), file[:at], nil
	case 2:
		clear(file[at : at+size])
		return fmt.Sprintf("%d zeros at %d", size, at), file, nil
	case 3:
		for i := range size {
			file[at+i] = byte(rng.Uint32())
		}
		return fmt.Sprintf("%d random bytes at %d", size, at), file, nil
	case 4:
		page := rng.IntN(len(file)/4096) * 4096
		copy(file[page:page+4096], file[at/4096*4096:])
		return fmt.Sprintf("page %d over page %d", at/4096, page/4096), file, nil
	case 5:
		logged = append([]byte{0x37, 0x7f, 0x06, 0x82}, file[at:at+size]...)
		return fmt.Sprintf("a foreign log of %d bytes", size), file, logged
	case 6:
		return "another file", []byte("PK\x03\x04 no database"), nil
	}
	file[at] ^= 1 << rng.IntN(8)
	return fmt.Sprintf("a flip in byte %d", at), file, nil
}
