package pipeline

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"runexp/pipeline/cache"
)

// Job is one run of a node.
type Job struct {
	Node   *Node
	Action cache.ID                // hash of the node's recipe
	In     map[string]*cache.Entry // outputs of the inputs, by the name of their role
	Out    string                  // empty folder; what is in it after a success is committed
	Work   string                  // durable folder for checkpoints; kept when the run is cut off
	Temp   string                  // folder that goes when the run ends
	Memo   *Memo                   // memory shared by the runs of this process

	// Report tells how far the run is. It may be called often and from
	// several goroutines.
	Report func(Progress)
	// Info is what was measured: seconds, peak bytes. It is recorded beside the
	// output and is part of no digest. Only Run's own goroutine may write it.
	Info map[string]string

	mu   sync.Mutex
	dirs map[string]string
}

// Progress is how far a run is.
type Progress struct {
	Done, Total int64  // Total 0: unknown
	Unit        string // "steps", "rows"
	Note        string // short, such as "loss 0.31"
}

// Dir returns a folder with the files of an input, whose hashes were checked.
// They are links to the cache's own files: reading is free, writing is forbidden.
// The folder goes when the cache is closed.
func (j *Job) Dir(input string) (string, error) {
	e, ok := j.In[input]
	if !ok {
		return "", fmt.Errorf("open input %s of %s: no such input", input, j.Node.Addr)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if dir, ok := j.dirs[input]; ok {
		return dir, nil
	}
	dir, err := e.Folder()
	if errors.Is(err, cache.ErrReadOnly) {
		dir, err = j.linkInput(input, e)
	}
	if err != nil {
		return "", err
	}
	if j.dirs == nil {
		j.dirs = map[string]string{}
	}
	j.dirs[input] = dir
	return dir, nil
}

// linkInput links an input into a folder of the job's own.
func (j *Job) linkInput(input string, e *cache.Entry) (string, error) {
	dir := filepath.Join(j.Temp, "in", url.PathEscape(input))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("open input %s of %s: %w", input, j.Node.Addr, err)
	}
	return dir, e.Link(dir)
}
