package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
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

// replaceFile puts content in a file's place, whole; one that holds it already is
// left alone.
func replaceFile(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := renameio.WriteFile(path, content, 0o666, renameio.WithTempDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("write report %s: %w", path, err)
	}
	return nil
}
