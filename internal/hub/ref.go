package hub

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Kind is what a repository holds.
type Kind string

// The two kinds of repositories.
const (
	Model   Kind = "model"
	Dataset Kind = "dataset"
)

// Ref names a repository at a revision: a branch, a tag or a commit.
type Ref struct {
	Kind       Kind
	Repository string // "org/name", or "name" for the oldest ones
	Revision   string
}

var (
	repositoryPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$`)
	revisionPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$`)
	commitPattern     = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Pattern     = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ParseRef reads "org/name@revision"; without a revision it is the branch main.
func ParseRef(kind Kind, text string) (Ref, error) {
	repository, revision, given := strings.Cut(text, "@")
	if !given {
		revision = "main"
	}
	// The store joins org and name by --, so neither may hold that; .. would climb.
	for _, odd := range []string{"..", "--"} {
		if strings.Contains(repository, odd) {
			return Ref{}, fmt.Errorf("hub: %q holds %q", text, odd)
		}
	}
	if !repositoryPattern.MatchString(repository) {
		return Ref{}, fmt.Errorf("hub: %q does not have the form org/name@revision", text)
	}
	if !revisionPattern.MatchString(revision) || strings.Contains(revision, "..") || strings.Contains(revision, "//") {
		return Ref{}, fmt.Errorf("hub: %q is not a branch, tag or commit", revision)
	}
	return Ref{kind, repository, revision}, nil
}

func (r Ref) String() string {
	return string(r.Kind) + " " + r.Repository + "@" + r.Revision
}

// folder is the repository's name in the layout that Hugging Face's tools use too.
func (r Ref) folder() string {
	return string(r.Kind) + "s--" + strings.ReplaceAll(r.Repository, "/", "--")
}

// apiPath is where the hub answers questions about the repository.
func (r Ref) apiPath(rest ...string) string {
	return "/api/" + string(r.Kind) + "s/" + r.Repository + "/" + escape(rest...)
}

// filePath is where the hub keeps a file of a commit.
func (r Ref) filePath(commit, name string) string {
	prefix := "/"
	if r.Kind == Dataset {
		prefix = "/datasets/"
	}
	return prefix + r.Repository + "/resolve/" + commit + "/" + escape(strings.Split(name, "/")...)
}

// escape joins path elements; a slash within one, as in refs/pr/1, stays within it.
func escape(elements ...string) string {
	for i, e := range elements {
		elements[i] = url.PathEscape(e)
	}
	return strings.Join(elements, "/")
}
