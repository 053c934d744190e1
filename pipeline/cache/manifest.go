package cache

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// FileInfo describes one file of an output.
type FileInfo struct {
	Name    string // slash-separated, below the output's folder
	Size    int64  // bytes
	Content ID     // sha256 of the content
}

const manifestHeader = "runexp manifest 1\n"

// Limits of what is decoded, far above what any stage writes.
const (
	maxManifest = 64 << 20 // bytes
	maxRecord   = 64 << 20 // bytes
)

// encodeManifest writes a list of files, sorted by name. The hash of the text
// is the output id.
func encodeManifest(files []FileInfo) []byte {
	sorted := append([]FileInfo(nil), files...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	b := []byte(manifestHeader)
	for _, f := range sorted {
		b = append(append(b, f.Content.String()...), ' ')
		b = append(strconv.AppendInt(b, f.Size, 10), ' ')
		b = append(strconv.AppendQuote(b, f.Name), '\n')
	}
	return b
}

// decodeManifest reads what encodeManifest wrote, and nothing else.
func decodeManifest(text []byte) ([]FileInfo, error) {
	body, ok := bytes.CutPrefix(text, []byte(manifestHeader))
	if !ok {
		return nil, otherVersion("manifest", text)
	}
	var files []FileInfo
	for line := range strings.Lines(string(body)) {
		f, err := parseManifestLine(line)
		if err != nil {
			return nil, err
		}
		if len(files) > 0 && files[len(files)-1].Name >= f.Name {
			return nil, fmt.Errorf("manifest: %q is out of order", f.Name)
		}
		files = append(files, f)
	}
	if !bytes.Equal(encodeManifest(files), text) {
		return nil, errors.New("manifest: not in canonical form")
	}
	return files, nil
}

func parseManifestLine(line string) (f FileInfo, err error) {
	line = strings.TrimSuffix(line, "\n")
	hash, rest, ok1 := strings.Cut(line, " ")
	size, quoted, ok2 := strings.Cut(rest, " ")
	if !ok1 || !ok2 {
		return f, fmt.Errorf("manifest: line %.80q has too few fields", line)
	}
	if f.Content, err = ParseID(hash); err != nil {
		return f, fmt.Errorf("manifest: %w", err)
	}
	if f.Size, err = strconv.ParseInt(size, 10, 64); err != nil || f.Size < 0 {
		return f, fmt.Errorf("manifest: size %.40q", size)
	}
	if f.Name, err = strconv.Unquote(quoted); err != nil {
		return f, fmt.Errorf("manifest: name %.80q: %w", quoted, err)
	}
	if !localName(f.Name) {
		return f, fmt.Errorf("manifest: name %q leads out of the folder", f.Name)
	}
	return f, nil
}

// localName reports whether a name stays below the folder it is joined to, in
// the one spelling that commit gives it.
func localName(name string) bool {
	return name != "." && filepath.IsLocal(name) && filepath.ToSlash(filepath.Clean(name)) == name && !strings.ContainsRune(name, 0)
}

// otherVersion says why a header was not recognised.
func otherVersion(kind string, text []byte) error {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	var version int
	if n, _ := fmt.Sscanf(string(line), "runexp "+kind+" %d", &version); n == 1 && version != formatVersion {
		return fmt.Errorf("%s of format %d, this runexp reads %d", kind, version, formatVersion)
	}
	return fmt.Errorf("not a %s", kind)
}
