// Package hub brings models and data sets from a model hub onto this machine.
//
// A reference such as org/name@revision goes in; a folder with the files of
// one commit comes out. The first time, the revision is resolved to a commit,
// the wanted files are chosen from the commit's list, downloaded, compared with
// the checksums that the hub keeps for them, and written down in a lock file
// beside the experiment. From then on the lock decides: the same commit, the
// same files, the same SHA-256, wherever the revision has moved since.
//
// Files that are already here, in the package's own store or in the cache that
// Hugging Face's tools keep, are used after the same check. In offline mode
// nothing else is.
//
// The token is sent to the endpoint's own origin over an encrypted connection
// (or to this machine) and to nobody else, redirects included, and it stands
// in no error, log or file that this package writes.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

// DefaultEndpoint is the public hub. HF_ENDPOINT names another.
const DefaultEndpoint = "https://huggingface.co"

// DefaultMaxBytes is the cap on the files of one reference unless Options says otherwise.
const DefaultMaxBytes = 32 << 30

// ErrOffline is the cause of errors about files that only the network has.
var ErrOffline = errors.New("offline mode is on")

// Options says where files come from and go to.
type Options struct {
	Dir      string // the store, made when needed
	Endpoint string // empty: DefaultEndpoint
	Offline  bool   // use nothing but what is here and in CacheDir
	CacheDir string // the "hub" folder of Hugging Face's tools; empty: none
	Token    string // empty: none
	MaxBytes int64  // cap on the files of one reference; 0: DefaultMaxBytes

	// Progress, when set, hears of each downloaded piece.
	Progress func(file string, done, total int64)
}

// Client fetches references. It may be used from several goroutines and processes.
type Client struct {
	dir, cacheDir string
	endpoint      *url.URL
	offline       bool
	maxBytes      int64
	http          *http.Client
	progress      func(file string, done, total int64)
	sleep         func(ctx context.Context, d time.Duration) error
}

// New checks the options.
func New(o Options) (*Client, error) {
	if o.Dir == "" {
		return nil, errors.New("hub: no folder for downloaded files is given")
	}
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	c := &Client{
		dir:      o.Dir,
		cacheDir: o.CacheDir,
		endpoint: endpoint,
		offline:  o.Offline,
		maxBytes: o.MaxBytes,
		http:     newHTTPClient(endpoint, o.Token),
		progress: o.Progress,
		sleep:    sleep,
	}
	if c.maxBytes == 0 {
		c.maxBytes = DefaultMaxBytes
	}
	if c.progress == nil {
		c.progress = func(string, int64, int64) {}
	}
	return c, nil
}

// Snapshot is a fetched reference.
type Snapshot struct {
	Dir    string // folder that holds the files
	Commit string
	Files  []File // in order of their names
}

// Fetch makes the files that sel chooses from ref's commit available and pins
// them in lock, which is saved when something new was pinned. Every file has
// been compared with its checksum when Fetch returns.
func (c *Client) Fetch(ctx context.Context, ref Ref, sel Selection, lock *Lock) (*Snapshot, error) {
	snapshot, err := c.fetch(ctx, ref, sel, lock)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", ref, err)
	}
	return snapshot, nil
}

func (c *Client) fetch(ctx context.Context, ref Ref, sel Selection, lock *Lock) (*Snapshot, error) {
	pin, pinned := lock.find(ref, sel.Names)
	if !pinned {
		var err error
		if pin, err = c.resolve(ctx, ref, sel, lock.commit(ref)); err != nil {
			return nil, err
		}
	}
	total := int64(0)
	for _, f := range pin.Files {
		if f.Size > c.maxBytes-total {
			return nil, fmt.Errorf("its files need more than the limit of %d bytes", c.maxBytes)
		}
		total += f.Size
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	s := &store{root: root, ref: ref, commit: pin.Commit}
	release, err := c.hold(ctx, s)
	if err != nil {
		return nil, err
	}
	defer release()
	for i := range pin.Files {
		if err := c.ensure(ctx, s, &pin.Files[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", pin.Files[i].Name, err)
		}
	}
	if !pinned {
		if err := lock.add(pin); err != nil {
			return nil, err
		}
	}
	return &Snapshot{Dir: s.folder(c.dir), Commit: pin.Commit, Files: pin.Files}, nil
}

// ensure makes one file available and fills in its SHA-256.
func (c *Client) ensure(ctx context.Context, s *store, f *File) error {
	if sum, err := s.check(*f); err == nil {
		f.SHA256, f.gitSHA1 = sum, ""
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		// A damaged file in our own store: fetch it anew.
		if err := s.remove(*f); err != nil {
			return err
		}
	}
	sum, found, err := c.fromCache(s, *f)
	if err != nil {
		return err
	}
	if !found {
		if c.offline {
			return fmt.Errorf("not in the cache, and %w", ErrOffline)
		}
		if sum, err = c.download(ctx, s, *f); err != nil {
			return err
		}
	}
	f.SHA256, f.gitSHA1 = sum, ""
	return nil
}

// sleep waits, or returns early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
