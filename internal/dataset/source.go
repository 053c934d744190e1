package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Part is one file of a source. Name does not tell where the file lies, so
// that it may stand in what is cached: "train/1" is the first file of train.
type Part struct {
	Name     string
	Role     string
	Path     string
	Format   string
	Parallel []string // paths of the files of Files.Parallel, in that order
}

// Resolve finds the files of the block, relative to a folder, in the order in
// which they are read. Every mistake is reported.
func (f *Files) Resolve(dir string) ([]Part, error) {
	var parts []Part
	var errs []error
	for _, role := range roles {
		paths, err := expand(dir, f.patterns(role))
		if err != nil {
			errs = append(errs, wrong(role, "%v", err))
			continue
		}
		beside, err := f.beside(dir, role, len(paths))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for i, p := range paths {
			format := f.Format
			if format == "" {
				if format, err = formatOf(p); err != nil {
					errs = append(errs, wrong("format", "%v", err))
					continue
				}
			}
			part := Part{Name: role + "/" + strconv.Itoa(i+1), Role: role, Path: p, Format: format}
			for _, column := range beside {
				part.Parallel = append(part.Parallel, column[i])
			}
			parts = append(parts, part)
		}
	}
	return parts, errors.Join(errs...)
}

// beside finds the parallel files of a role: one list for each column.
func (f *Files) beside(dir, role string, want int) ([][]string, error) {
	var out [][]string
	for _, p := range f.Parallel {
		paths, err := expand(dir, p.patterns(role))
		if err != nil {
			return nil, wrong("parallel", "%q: %v", p.Column, err)
		}
		if len(paths) != want {
			return nil, wrong("parallel", "%q has %d files beside %d of %s", p.Column, len(paths), want, role)
		}
		out = append(out, paths)
	}
	return out, nil
}

// expand resolves paths and globs. A pattern that matches nothing is an error.
func expand(dir string, patterns []string) ([]string, error) {
	var out []string
	for _, pattern := range patterns {
		full := filepath.FromSlash(pattern)
		if !filepath.IsAbs(full) {
			full = filepath.Join(dir, full)
		}
		matches := []string{full}
		if strings.ContainsAny(pattern, "*?[") {
			if _, err := os.Lstat(full); err != nil { // a file may have such a name
				if matches, err = filepath.Glob(full); err != nil {
					return nil, fmt.Errorf("%s: %v", pattern, err)
				}
				slices.Sort(matches)
				matches = slices.DeleteFunc(matches, isFolder)
			}
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("no file matches %s", pattern)
		}
		for _, m := range matches {
			if err := checkFile(m); err != nil {
				return nil, err
			}
		}
		out = append(out, matches...)
	}
	return out, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// checkFile refuses what is no readable regular file.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file", path)
	}
	return nil
}

// Open returns the records of the parts that Resolve found.
func (f *Files) Open(parts []Part) Source { return &fileSource{f, parts} }

type fileSource struct {
	files *Files
	parts []Part
}

func (s *fileSource) Parts() []string {
	var names []string
	for _, p := range s.parts {
		names = append(names, p.Name)
	}
	return names
}

func (s *fileSource) Each(yield func(*Record) error) error {
	var problems Errors
	some := false
	for i, part := range s.parts {
		if err := s.each(i, part, &problems, func(r *Record) error {
			some = true
			return yield(r)
		}); err != nil {
			return err
		}
	}
	switch {
	case problems.Total > 0:
		return &problems
	case !some && len(s.parts) > 0:
		return mistake(Position{File: s.parts[0].Path}, "no rows%s", map[bool]string{true: ", and none in the other files"}[len(s.parts) > 1])
	}
	return nil
}

// each reads one part; ragged records are gathered in problems.
func (s *fileSource) each(index int, part Part, problems *Errors, yield func(*Record) error) (err error) {
	in, closeFile, err := s.open(part)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	if s.files.Name != "" {
		if in, err = nameColumns(in, part.Path, regexp.MustCompile(s.files.Name)); err != nil {
			return err
		}
	}
	r := &Record{Role: part.Role, File: index, Path: part.Path}
	for {
		err := in.next(r)
		var bad *ragged
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			problems.add(bad.cause)
			continue
		case err != nil:
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
}

// open makes the reader of a part with its parallel columns.
func (s *fileSource) open(part Part) (reader, func() error, error) {
	if part.Format == "parquet" {
		return openParquet(part.Path)
	}
	var closers []func() error
	closeAll := func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	stream, closeFile, err := openStream(part.Path)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, closeFile)
	var in reader
	if part.Format == "json" {
		in, err = newDocument(stream, part.Path, s.files)
	} else {
		in, err = newReader(stream, part.Path, part.Format, s.files)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	for i, path := range part.Parallel {
		stream, closeFile, err := openStream(path)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		closers = append(closers, closeFile)
		in = &beside{in: in, path: part.Path, column: s.files.Parallel[i].Column, lines: newLineReader(stream, path, s.files)}
	}
	return in, closeAll, nil
}
