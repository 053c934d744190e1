package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFiles writes report.md, report.html and figures/*.svg into a folder.
// Each file is complete or the old one: it is written beside its place, synced
// and renamed. Figures come first, so that a new report never shows old ones.
func WriteFiles(folder string, d *Document) error {
	if err := os.MkdirAll(filepath.Join(folder, FigureFolder), 0o777); err != nil {
		return fmt.Errorf("write report %s: %w", folder, err)
	}
	for _, b := range d.Blocks {
		if f, ok := b.(Figure); ok {
			path := filepath.Join(folder, FigureFolder, fileName(f.Name)+".svg")
			if err := replaceFile(path, f.Chart.File()); err != nil {
				return err
			}
		}
	}
	for name, draw := range map[string]func(io.Writer, *Document) error{"report.md": Markdown, "report.html": HTML} {
		var b bytes.Buffer
		if err := draw(&b, d); err != nil {
			return fmt.Errorf("write report %s: %w", filepath.Join(folder, name), err)
		}
		if err := replaceFile(filepath.Join(folder, name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func replaceFile(path string, content []byte) error {
	fail := func(err error) error { return fmt.Errorf("write report %s: %w", path, err) }
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(f.Name()) // nothing to remove after the rename
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}
