package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// Patience with the network.
const (
	maxAttempts   = 6
	firstPause    = time.Second
	longestPause  = 60 * time.Second
	stallTimeout  = 60 * time.Second
	maxRedirects  = 5
	userAgentName = "runexp"
)

// parseEndpoint accepts https, and http for this machine alone.
func parseEndpoint(text string) (*url.URL, error) {
	if text == "" {
		text = DefaultEndpoint
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("hub: HF_ENDPOINT is not an address")
	}
	if u.User != nil {
		return nil, errors.New("hub: HF_ENDPOINT holds a user name; credentials belong into HF_TOKEN")
	}
	if !encrypted(u) {
		return nil, fmt.Errorf("hub: HF_ENDPOINT must use https, not %s, unless it is on this machine", u.Scheme)
	}
	return u, nil
}

// encrypted tells whether what is sent to u is hidden from the network: it is
// encrypted or stays on this machine.
func encrypted(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// newHTTPClient makes a client that alone knows the token. The token is kept
// in a closure, where no %v of any struct can print it.
func newHTTPClient(endpoint *url.URL, token string) *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.ResponseHeaderTimeout = stallTimeout
	// The bytes must be those that the checksums are of.
	base.DisableCompression = true
	local := endpoint.Scheme == "http"
	return &http.Client{
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			// http is for an endpoint on this machine; an encrypted hub never sends us there.
			if !encrypted(req.URL) || req.URL.Scheme == "http" && !local {
				return nil, errInsecure
			}
			req = req.Clone(req.Context())
			req.Header.Del("Authorization")
			req.Header.Del("Referer")
			if token != "" && req.URL.Scheme == endpoint.Scheme && req.URL.Host == endpoint.Host {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			return base.RoundTrip(req)
		}),
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			return nil
		},
	}
}

var errInsecure = errors.New("the hub redirects to an address without encryption")

// roundTripper makes a function an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// get sends a request for the bytes from offset on. A connection over which
// nothing comes for a minute is given up.
func (c *Client) get(ctx context.Context, address string, offset int64) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, errors.New("the address cannot be used")
	}
	req.Header.Set("User-Agent", userAgentName)
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		cancel()
		if errors.Is(err, errInsecure) {
			return nil, errInsecure
		}
		return nil, &temporary{err: plain(err)}
	}
	resp.Body = &watched{resp.Body, time.AfterFunc(stallTimeout, cancel), cancel}
	return resp, nil
}

// watched cancels the request when no byte comes for stallTimeout.
type watched struct {
	io.ReadCloser
	timer  *time.Timer
	cancel context.CancelFunc
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(stallTimeout)
	return w.ReadCloser.Read(p)
}

func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel()
	return w.ReadCloser.Close()
}

// temporary is an error after which another attempt makes sense.
type temporary struct {
	err   error
	pause time.Duration // that the hub asked for; 0: ours
}

func (t *temporary) Error() string { return t.err.Error() }
func (t *temporary) Unwrap() error { return t.err }

// retry calls f until it succeeds, fails for good, or has failed often enough.
func (c *Client) retry(ctx context.Context, f func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := f()
		t, again := errors.AsType[*temporary](err)
		if !again || attempt == maxAttempts || ctx.Err() != nil {
			return err
		}
		wait := pause
		if t.pause > 0 {
			wait = min(t.pause, longestPause)
		}
		if err := c.sleep(ctx, wait); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// plain drops the address from an error: signed addresses of storage hosts are
// secrets for as long as they are valid.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

var errorCode = regexp.MustCompile(`^[A-Za-z]{1,40}$`)

// statusError says what an answer other than 200 means.
func statusError(resp *http.Response) error {
	code := ""
	if v := resp.Header.Get("X-Error-Code"); errorCode.MatchString(v) {
		code = ", " + v
	}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests || s >= 500:
		t := &temporary{err: fmt.Errorf("the hub answers %d%s", s, code)}
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			t.pause = min(time.Duration(seconds), longestPause) * time.Second
		}
		return t
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return fmt.Errorf("the hub refuses access (%d%s); a private or gated repository needs a token in HF_TOKEN that may read it", s, code)
	case s == http.StatusNotFound:
		return fmt.Errorf("the hub knows no such repository, revision or file (404%s)", code)
	default:
		return fmt.Errorf("the hub answers %d%s", s, code)
	}
}
