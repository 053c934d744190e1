package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Policy says what GC may remove. The zero value removes only what nothing
// refers to: orphans of commits that were cut off, and folders of dead processes.
type Policy struct {
	MaxBytes   int64             // remove the least recently used entries until their files fit; 0: no limit
	MaxAge     time.Duration     // remove entries not used for so long; 0: no limit
	AttemptAge time.Duration     // remove checkpoints of attempts that were cut off so long ago; 0: keep them
	Keep       func(*Entry) bool // entries that must stay, such as those a report refers to; nil: none
	DryRun     bool              // only say what would be removed
}

// Collected is what GC removed, or would remove.
type Collected struct {
	Entries  int   `json:"entries"`  // records removed
	Objects  int   `json:"objects"`  // files removed
	Attempts int   `json:"attempts"` // folders of attempts
	Bytes    int64 `json:"bytes"`    // freed by entries and orphans
}

// GC removes entries by age and size, and what is left over from processes that
// died. It never touches what a living process has pinned or is running, what
// Keep asks for, or the quarantine. Everything stays consistent if it is killed:
// records go first, then manifests, then objects.
func (s *Store) GC(p Policy) (Collected, error) {
	if s.readOnly {
		return Collected{}, fmt.Errorf("collect garbage: %w", ErrReadOnly)
	}
	g := collector{s: s, p: p}
	if err := s.locked("collect garbage", g.run); err != nil {
		return g.done, fmt.Errorf("collect garbage: %w", Classify(err))
	}
	return g.done, nil
}

type collector struct {
	s    *Store
	p    Policy
	done Collected
}

// candidate is an entry in the order of removal.
type candidate struct {
	entry *Entry
	used  time.Time
	stays bool
}

func (g *collector) run() error {
	pinned, err := g.s.pinned(true)
	if err != nil {
		return err
	}
	all, err := g.candidates(pinned)
	if err != nil {
		return err
	}
	doomed := g.choose(all)
	if err := g.removeEntries(all, doomed); err != nil {
		return err
	}
	if err := g.sweep(all, doomed, pinned); err != nil {
		return err
	}
	return g.removeAttempts()
}

// candidates lists all entries, least recently used first. A record or manifest
// that cannot be read is left for Verify.
func (g *collector) candidates(pinned map[ID]bool) ([]candidate, error) {
	var all []candidate
	for r, err := range g.s.records() {
		if err != nil {
			return nil, err
		}
		text, err := readFile(g.s.fs, g.s.path("manifests", r.output), maxManifest)
		if err != nil || Sum(text) != r.output {
			continue
		}
		files, err := decodeManifest(text)
		if err != nil {
			continue
		}
		info, err := g.s.fs.Stat(g.s.path("actions", r.action))
		if err != nil {
			return nil, err
		}
		e := &Entry{store: g.s, action: r.action, record: r, files: files}
		stays := pinned[r.output] || g.p.Keep != nil && g.p.Keep(e)
		if !stays {
			if stays, err = g.leased(r.action); err != nil {
				return nil, err
			}
		}
		all = append(all, candidate{e, info.ModTime(), stays})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.used.Compare(b.used) })
	return all, nil
}

// leased reports whether a living process runs the action.
func (g *collector) leased(action ID) (bool, error) {
	name := g.s.leasePath(action)
	if _, err := g.s.fs.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, _, err := g.s.fs.TryLock(name, g.s.holder("gc"))
	if err != nil || l == nil {
		return true, err
	}
	return false, l.Remove()
}

// choose returns the actions to remove.
func (g *collector) choose(all []candidate) map[ID]bool {
	users := map[ID]int{} // how many remaining entries need an object
	sizes := map[ID]int64{}
	var total int64
	for _, c := range all {
		if c.entry.Dropped() {
			continue
		}
		for _, f := range c.entry.files {
			if users[f.Content]++; users[f.Content] == 1 {
				total += f.Size
				sizes[f.Content] = f.Size
			}
		}
	}
	doomed := map[ID]bool{}
	now := g.s.now()
	for _, c := range all {
		old := g.p.MaxAge > 0 && now.Sub(c.used) > g.p.MaxAge
		large := g.p.MaxBytes > 0 && total > g.p.MaxBytes
		if c.stays || !old && !large || !old && c.entry.Dropped() {
			continue
		}
		doomed[c.entry.action] = true
		if c.entry.Dropped() {
			continue
		}
		for _, f := range c.entry.files {
			if users[f.Content]--; users[f.Content] == 0 {
				total -= sizes[f.Content]
			}
		}
	}
	return doomed
}

// removeEntries removes records, durably, before anything they refer to.
func (g *collector) removeEntries(all []candidate, doomed map[ID]bool) error {
	folders := map[string]bool{}
	for _, c := range all {
		if !doomed[c.entry.action] {
			continue
		}
		g.done.Entries++
		if g.p.DryRun {
			continue
		}
		name := g.s.path("actions", c.entry.action)
		if err := g.s.fs.Remove(name); err != nil {
			return err
		}
		folders[filepath.Dir(name)] = true
		g.s.index.remove(c.entry.record)
		Failpoint("cache/gc-record-removed")
	}
	for name := range folders {
		if err := g.s.syncDir(name); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes manifests that no record needs, then objects that no manifest
// needs. If a record is unreadable nothing is swept: what it needs is not known.
func (g *collector) sweep(all []candidate, doomed, pinned map[ID]bool) error {
	outputs := map[ID]bool{}
	entries := 0
	for _, c := range all {
		if !doomed[c.entry.action] {
			outputs[c.entry.Output()] = true
			entries++
		}
	}
	records := 0
	for id, err := range g.s.ids("actions") {
		if err != nil {
			return err
		}
		if !doomed[id] {
			records++
		}
	}
	if records != entries {
		return nil
	}
	needed := map[ID]bool{}
	for output, err := range g.s.ids("manifests") {
		if err != nil {
			return err
		}
		if !outputs[output] && !pinned[output] {
			if err := g.remove("manifests", output); err != nil {
				return err
			}
			if !g.p.DryRun {
				if err := g.s.undrop(output); err != nil {
					return err
				}
			}
			continue
		}
		text, err := readFile(g.s.fs, g.s.path("manifests", output), maxManifest)
		if err != nil {
			return err
		}
		files, err := decodeManifest(text)
		if err != nil {
			return err
		}
		if _, err := g.s.fs.Stat(g.s.droppedPath(output)); err == nil && !pinned[output] {
			continue
		}
		for _, f := range files {
			needed[f.Content] = true
		}
	}
	Failpoint("cache/gc-manifests-removed")
	for object, err := range g.s.ids("objects") {
		if err != nil {
			return err
		}
		if needed[object] {
			continue
		}
		if info, err := g.s.fs.Stat(g.s.path("objects", object)); err == nil {
			g.done.Bytes += info.Size()
		}
		g.done.Objects++
		if err := g.remove("objects", object); err != nil {
			return err
		}
	}
	return nil
}

func (g *collector) remove(kind string, id ID) error {
	if g.p.DryRun {
		return nil
	}
	return g.s.fs.Remove(g.s.path(kind, id))
}

// removeAttempts removes the folders of attempts that nobody runs, if their
// action is done or they are old.
func (g *collector) removeAttempts() error {
	root := filepath.Join(g.s.dir, "attempts")
	list, err := g.s.fs.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range list {
		action, err := ParseID(strings.TrimSpace(e.Name()))
		if err != nil {
			continue
		}
		dir := filepath.Join(root, e.Name())
		info, err := g.s.fs.Stat(dir)
		if err != nil {
			return err
		}
		_, errRecord := g.s.fs.Stat(g.s.path("actions", action))
		old := g.p.AttemptAge > 0 && g.s.now().Sub(g.lastUse(dir, info)) > g.p.AttemptAge
		if errRecord != nil && !old {
			continue
		}
		if busy, err := g.leased(action); err != nil || busy {
			if err != nil {
				return err
			}
			continue
		}
		g.done.Attempts++
		if !g.p.DryRun {
			if err := g.s.removeAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastUse is the latest change of an attempt's folders.
func (g *collector) lastUse(dir string, info fs.FileInfo) time.Time {
	last := info.ModTime()
	for _, sub := range []string{"work", "out"} {
		if info, err := g.s.fs.Stat(filepath.Join(dir, sub)); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}
