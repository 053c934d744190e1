package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Limits of the hub's answers.
const (
	maxAnswerBytes = 32 << 20
	maxPages       = 1000
	maxFiles       = 100_000
)

// resolve makes a pin for a reference that has none: commit, if empty, is
// asked for; the files are chosen from the commit's list.
func (c *Client) resolve(ctx context.Context, ref Ref, sel Selection, commit string) (Pin, error) {
	if commit == "" && commitPattern.MatchString(ref.Revision) {
		commit = ref.Revision
	}
	var files []File
	var err error
	if c.offline {
		commit, files, err = c.listCached(ref, commit)
	} else {
		if commit == "" {
			commit, err = c.askCommit(ctx, ref)
		}
		if err == nil {
			files, err = c.askFiles(ctx, ref, commit)
		}
	}
	if err != nil {
		return Pin{}, err
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	chosen, err := sel.choose(files)
	if err != nil {
		return Pin{}, err
	}
	slices.SortFunc(chosen, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return Pin{
		Kind: ref.Kind, Repository: ref.Repository, Revision: ref.Revision,
		Select: sel.Names, Commit: commit, Files: chosen,
	}, nil
}

// askCommit asks which commit a branch or tag stands for now.
func (c *Client) askCommit(ctx context.Context, ref Ref) (string, error) {
	var answer struct {
		SHA string `json:"sha"`
	}
	if _, err := c.ask(ctx, c.url(ref.apiPath("revision", ref.Revision), ""), &answer); err != nil {
		return "", err
	}
	if !commitPattern.MatchString(answer.SHA) {
		return "", errors.New("the hub's answer names no commit")
	}
	return answer.SHA, nil
}

// askFiles lists the files of a commit with their sizes and checksums.
func (c *Client) askFiles(ctx context.Context, ref Ref, commit string) ([]File, error) {
	var files []File
	next := c.url(ref.apiPath("tree", commit), "recursive=true")
	for range maxPages {
		var page []struct {
			Type string `json:"type"`
			Path string `json:"path"`
			Size int64  `json:"size"`
			OID  string `json:"oid"`
			LFS  *struct {
				OID  string `json:"oid"`
				Size int64  `json:"size"`
			} `json:"lfs"`
		}
		link, err := c.ask(ctx, next, &page)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if p.Type != "file" {
				continue
			}
			f := File{Name: p.Path, Size: p.Size, gitSHA1: p.OID}
			if p.LFS != nil {
				f = File{Name: p.Path, Size: p.LFS.Size, SHA256: p.LFS.OID}
			}
			if err := checkName(f.Name); err != nil {
				return nil, err
			}
			if f.Size < 0 || f.SHA256 == "" && !commitPattern.MatchString(f.gitSHA1) || f.SHA256 != "" && !sha256Pattern.MatchString(f.SHA256) {
				return nil, fmt.Errorf("the hub's list has no usable size or checksum for %s", f.Name)
			}
			files = append(files, f)
		}
		if len(files) > maxFiles {
			return nil, fmt.Errorf("it holds more than %d files", maxFiles)
		}
		if next, err = c.nextPage(link); err != nil {
			return nil, err
		}
		if next == "" {
			return files, nil
		}
	}
	return nil, fmt.Errorf("its list of files has more than %d pages", maxPages)
}

var nextLink = regexp.MustCompile(`<([^<>]+)>\s*;\s*rel="?next"?`)

// nextPage reads a Link header; the list must go on where it began.
func (c *Client) nextPage(link string) (string, error) {
	m := nextLink.FindStringSubmatch(link)
	if m == nil {
		return "", nil
	}
	u, err := c.endpoint.Parse(m[1])
	if err != nil || u.Scheme != c.endpoint.Scheme || u.Host != c.endpoint.Host || u.User != nil {
		return "", errors.New("the hub's list of files goes on at another host")
	}
	return u.String(), nil
}

// ask gets and decodes an answer; it returns the Link header. Fields that we
// do not know are the hub's business.
func (c *Client) ask(ctx context.Context, address string, answer any) (link string, err error) {
	err = c.retry(ctx, func() error {
		resp, err := c.get(ctx, address, 0)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			return statusError(resp)
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
		if err != nil {
			return &temporary{err: fmt.Errorf("read the hub's answer: %w", plain(err))}
		}
		if len(text) > maxAnswerBytes {
			return fmt.Errorf("the hub's answer is above the limit of %d bytes", maxAnswerBytes)
		}
		if err := json.Unmarshal(text, answer); err != nil {
			return fmt.Errorf("the hub's answer: %w", err)
		}
		link = resp.Header.Get("Link")
		return nil
	})
	return link, err
}

// url puts an escaped path, and a query, behind the endpoint.
func (c *Client) url(escapedPath, query string) string {
	u := strings.TrimSuffix(c.endpoint.String(), "/") + escapedPath
	if query != "" {
		u += "?" + query
	}
	return u
}

// checkName refuses names that could leave the folder or confuse a terminal.
func checkName(name string) error {
	local := filepath.IsLocal(filepath.FromSlash(name)) && name != "." && !strings.Contains(name, `\`)
	for _, r := range name {
		local = local && r >= ' ' && r != 0x7f
	}
	if !local || len(name) > 1024 {
		return fmt.Errorf("the file name %.100q is not allowed", name)
	}
	return nil
}
