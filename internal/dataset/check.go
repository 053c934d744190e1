package dataset

import "os"

// Check refuses what Write would refuse: leaks, for which rows have to be compared.
// They are written into a folder that is removed again.
func (s *Survey) Check(source Source) error {
	if s.split.Leakage != "error" {
		return nil
	}
	dir, err := os.MkdirTemp("", "runexp-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	set, err := s.Write(source, dir)
	if err != nil {
		return err
	}
	return set.Close()
}
