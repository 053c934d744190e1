package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// download brings a file from the hub, going on where an earlier attempt, of
// this process or another, stopped. When a file that was continued turns out
// wrong, the earlier part may be to blame, and it is fetched once more as a whole.
func (c *Client) download(ctx context.Context, s *store, f File) (sum string, err error) {
	out, have, err := s.openPartial(f)
	if err != nil {
		return "", err
	}
	defer out.Close()
	continued := have > 0
	for {
		if err := c.transfer(ctx, s, f, out); err != nil {
			return "", err
		}
		if err := out.Sync(); err != nil {
			return "", err
		}
		sum, err := s.place(f)
		if err == nil {
			return sum, nil
		}
		if !errors.Is(err, errChecksum) {
			return "", err
		}
		// What is wrong must not be continued by the next attempt.
		if err := out.Truncate(0); err != nil {
			return "", err
		}
		if !continued {
			return "", err
		}
		continued = false
	}
}

// transfer appends to out until it has the file's size.
func (c *Client) transfer(ctx context.Context, s *store, f File, out *os.File) error {
	address := c.url(s.ref.filePath(s.commit, f.Name), "")
	for {
		before, err := out.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		err = c.retry(ctx, func() error {
			have, err := out.Seek(0, io.SeekEnd)
			if err != nil {
				return err
			}
			if have > f.Size {
				if err := out.Truncate(0); err != nil {
					return err
				}
				have = 0
			}
			if have == f.Size {
				return nil
			}
			return c.piece(ctx, address, f, out, have)
		})
		if err == nil {
			return nil
		}
		// A connection that broke after bringing something starts the count of attempts anew.
		after, seekErr := out.Seek(0, io.SeekEnd)
		if _, again := errors.AsType[*temporary](err); !again || seekErr != nil || after <= before || ctx.Err() != nil {
			return err
		}
	}
}

// piece sends one request for the bytes from have on and appends what comes.
func (c *Client) piece(ctx context.Context, address string, f File, out *os.File, have int64) error {
	resp, err := c.get(ctx, address, have)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case resp.StatusCode == http.StatusOK:
		have = 0 // the server does not continue
		if err := out.Truncate(0); err != nil {
			return err
		}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable || resp.StatusCode == http.StatusPartialContent:
		if err := out.Truncate(0); err != nil {
			return err
		}
		return &temporary{err: errors.New("the hub does not continue the file where it was left")}
	default:
		return statusError(resp)
	}
	if _, err := out.Seek(have, io.SeekStart); err != nil {
		return err
	}
	// One byte more than expected is enough to see that the file is another.
	n, err := io.Copy(&counting{out, f, have, c.progress}, io.LimitReader(resp.Body, f.Size-have+1))
	switch {
	case errors.Is(err, errWrite):
		return err
	case err != nil:
		return &temporary{err: fmt.Errorf("the connection broke: %w", plain(err))}
	case have+n > f.Size:
		if err := out.Truncate(0); err != nil {
			return err
		}
		return fmt.Errorf("%w: more than the %d bytes that the hub's list says", errChecksum, f.Size)
	case have+n < f.Size:
		return &temporary{err: fmt.Errorf("the connection ended at byte %d of %d", have+n, f.Size)}
	}
	return nil
}

// errWrite marks errors of this machine's disk among those of the network.
var errWrite = errors.New("write")

// counting writes to a file and reports how far it has come.
type counting struct {
	out      *os.File
	f        File
	done     int64
	progress func(string, int64, int64)
}

func (w *counting) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	w.done += int64(n)
	if err != nil {
		return n, fmt.Errorf("%w: %w", errWrite, err)
	}
	w.progress(w.f.Name, w.done, w.f.Size)
	return n, nil
}
