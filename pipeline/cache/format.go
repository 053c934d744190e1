package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// formatText is the content of the format file: the version, and the hash of
// the line before it, so that damage is not taken for a newer version.
func formatText(version int) []byte {
	line := fmt.Sprintf("runexp cache %d\n", version)
	return fmt.Appendf(nil, "%ssha256 %s\n", line, Sum([]byte(line)))
}

// checkFormat refuses a cache of another version. A missing or damaged format
// file is written anew: every file of the cache names its own version too.
func (s *Store) checkFormat() error {
	name := filepath.Join(s.dir, "format")
	data, err := readFile(s.fs, name, 1<<10)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTooLarge) {
		return err
	}
	if bytes.Equal(data, formatText(formatVersion)) {
		return nil
	}
	var version int
	if n, _ := fmt.Sscanf(string(data), "runexp cache %d\n", &version); n == 1 && bytes.Equal(data, formatText(version)) {
		return fmt.Errorf("%w: it has version %d, this runexp reads %d; use another -cache folder or the runexp that wrote it", ErrFormat, version, formatVersion)
	}
	if s.readOnly {
		return nil
	}
	return s.locked("write the cache format", func() error {
		return s.writeFile(name, formatText(formatVersion))
	})
}
