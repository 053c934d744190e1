package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A digest identifies texts: the first 12 bytes of a SHA-256. Among a million of
// them two agree by chance once in 10^16 data sets.
type digest [12]byte

// hashTexts hashes a list of texts, each with its length before it, so that no two
// lists run together.
func hashTexts(texts []string) digest {
	h := sha256.New()
	var size [8]byte
	for _, t := range texts {
		binary.LittleEndian.PutUint64(size[:], uint64(len(t)))
		h.Write(size[:])
		h.Write([]byte(t))
	}
	var d digest
	copy(d[:], h.Sum(nil))
	return d
}

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// draw is a number for a digest under a seed: the counter-based source of splits.
func (d digest) draw(seed int64, purpose string) uint64 {
	h := sha256.New()
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(seed))
	h.Write(size[:])
	h.Write([]byte(purpose))
	h.Write(d[:])
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// normalise folds case and white space: texts that differ only in these are equal.
func normalise(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), unicode.IsSpace), " ")
}

// checkedText refuses bytes that are no text.
func checkedText(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", fmt.Errorf("the bytes are no UTF-8")
	}
	return string(b), nil
}
