package cache

import (
	"bytes"
	"testing"
	"time"
)

// Whatever is decoded is exactly what encoding it gives: there is one text for
// each record and manifest, and no other is accepted.
func FuzzDecodeRecord(f *testing.F) {
	recipe := recipeOf("x")
	r := record{action: recipe.ID(), output: ID{1}, created: time.Unix(1, 5).UTC(), info: map[string]string{"a": "b\n", "c": ""}, recipe: recipe.Text()}
	f.Add(r.encode())
	f.Add([]byte(recordHeader))
	f.Add([]byte("runexp record 2\n"))
	f.Add([]byte(recordHeader + "action x\noutput y\ncreated z\ninfo 9999999999\nrecipe -1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := decodeRecord(text)
		if err != nil {
			return
		}
		if !bytes.Equal(r.encode(), text) {
			t.Errorf("decodeRecord(%q) is encoded as %q", text, r.encode())
		}
	})
}

func FuzzDecodeManifest(f *testing.F) {
	f.Add(encodeManifest([]FileInfo{{"a/b", 3, ID{2}}, {"c", 0, ID{}}}))
	f.Add([]byte(manifestHeader))
	f.Add([]byte(manifestHeader + ID{}.String() + " 1 \"../x\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := decodeManifest(text)
		if err != nil {
			return
		}
		if !bytes.Equal(encodeManifest(files), text) {
			t.Errorf("decodeManifest(%q) is encoded as %q", text, encodeManifest(files))
		}
		for _, file := range files {
			if !localName(file.Name) {
				t.Errorf("decodeManifest accepts the name %q", file.Name)
			}
		}
	})
}

func FuzzRecipeFields(f *testing.F) {
	f.Add("config.x = 1\n")
	f.Add("a[\"b = \\\"\"] = \"c\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		recipeFields([]byte(text))
		r := NewRecipe("s", 1, "")
		r.Struct("v", struct{ M map[string]string }{map[string]string{text: text}})
		if got := len(recipeFields(r.Text())); got != 5 { // stage, version, numeric, v.M, v.M[…]
			t.Errorf("recipe of %q has %d fields, want 5:\n%s", text, got, r.Text())
		}
	})
}
