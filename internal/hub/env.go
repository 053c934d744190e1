package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FromEnvironment fills Endpoint, Offline, CacheDir and Token from the
// variables that Hugging Face's tools use: HF_ENDPOINT, HF_HUB_OFFLINE,
// HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN.
// getenv is os.Getenv and home the user's home folder, which may be empty.
//
// Without HF_TOKEN the token comes from the token file, which nobody else may
// be able to read.
func FromEnvironment(getenv func(string) string, home string) (Options, error) {
	o := Options{
		Endpoint: getenv("HF_ENDPOINT"),
		Offline:  truth(getenv("HF_HUB_OFFLINE")),
		Token:    strings.TrimSpace(getenv("HF_TOKEN")),
	}
	base := getenv("HF_HOME")
	if base == "" {
		cache := getenv("XDG_CACHE_HOME")
		if cache == "" && home != "" {
			cache = filepath.Join(home, ".cache")
		}
		if cache != "" {
			base = filepath.Join(cache, "huggingface")
		}
	}
	o.CacheDir = getenv("HF_HUB_CACHE")
	if o.CacheDir == "" && base != "" {
		o.CacheDir = filepath.Join(base, "hub")
	}
	tokenPath := getenv("HF_TOKEN_PATH")
	if tokenPath == "" && base != "" {
		tokenPath = filepath.Join(base, "token")
	}
	if o.Token == "" && tokenPath != "" && !truth(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		token, err := readToken(tokenPath)
		if err != nil {
			return Options{}, err
		}
		o.Token = token
	}
	return o, nil
}

// truth reads a variable as Hugging Face's tools do.
func truth(v string) bool {
	switch strings.ToUpper(v) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// readToken reads a token file; none is no error.
func readToken(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("hub: token file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("hub: token file: %w", err)
	}
	if !st.Mode().IsRegular() || st.Size() > 4096 {
		return "", fmt.Errorf("hub: token file %s is not a small regular file", path)
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("hub: token file %s can be used by others (mode %04o); run chmod 600 on it, or set HF_TOKEN", path, mode)
	}
	text := make([]byte, st.Size())
	n, err := f.Read(text)
	if err != nil && n == 0 && len(text) > 0 {
		return "", fmt.Errorf("hub: token file: %w", err)
	}
	return strings.TrimSpace(string(text[:n])), nil
}

// checkToken refuses what cannot stand in a header, without repeating it.
func checkToken(token string) error {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return errors.New("hub: the token holds a space or a character that is not ASCII")
		}
	}
	return nil
}
