package tokenizer

import "fmt"

// config is what runexp needs of tokenizer_config.json and
// special_tokens_map.json; the former wins.
type config struct {
	class  string            // tokenizer_class
	roles  map[string]string // cls_token … to its content
	object object            // tokenizer_config.json
	added  []addedToken      // added_tokens_decoder
}

var roleNames = []string{"pad_token", "unk_token", "cls_token", "sep_token", "mask_token", "bos_token", "eos_token"}

func readConfig(fs files) (config, error) {
	c := config{roles: make(map[string]string), object: object{err: new(error)}}
	for _, name := range []string{"special_tokens_map.json", "tokenizer_config.json"} {
		data, ok := fs[name]
		if !ok {
			continue
		}
		doc, err := parseJSON(name, data)
		if err != nil {
			return c, err
		}
		o, err := doc.object()
		if err != nil {
			return c, err
		}
		for _, role := range roleNames {
			v, ok := o.get(role)
			if !ok {
				continue
			}
			if c.roles[role], err = tokenContent(v); err != nil {
				return c, err
			}
		}
		if name == "tokenizer_config.json" {
			c.object = o
			c.class = o.str("tokenizer_class", "")
			c.added = o.addedTokens()
		}
		if *o.err != nil {
			return c, *o.err
		}
	}
	return c, nil
}

// tokenContent reads a token given as a string or as an object with a content.
func tokenContent(v value) (string, error) {
	if v.what() != "an object" {
		return v.str()
	}
	o, err := v.object()
	if err != nil {
		return "", err
	}
	content := o.str("content", "")
	return content, *o.err
}

// addedTokens reads added_tokens_decoder: ids, as strings, to tokens.
func (o object) addedTokens() []addedToken {
	var tokens []addedToken
	v, ok := o.get("added_tokens_decoder")
	if !ok {
		return nil
	}
	o.check(v.each(func(key, val value) error {
		k, err := key.str()
		if err != nil {
			return err
		}
		var id int32
		if _, err := fmt.Sscanf(k, "%d", &id); err != nil || id < 0 || fmt.Sprint(id) != k {
			return key.errorf("%q is not the id of a token", k)
		}
		a, err := readAddedToken(val)
		a.id = id
		tokens = append(tokens, a)
		return err
	}))
	return tokens
}

// readAddedToken reads everything but the id.
func readAddedToken(v value) (addedToken, error) {
	o, err := v.object()
	if err != nil {
		return addedToken{}, err
	}
	special := o.boolean("special", false)
	a := addedToken{
		content:    o.str("content", ""),
		special:    special,
		singleWord: o.boolean("single_word", false),
		leftStrip:  o.boolean("lstrip", false),
		rightStrip: o.boolean("rstrip", false),
		normalized: o.boolean("normalized", !special),
	}
	return a, *o.err
}

// usualNames are tried for a role that no file names.
var usualNames = map[string][]string{
	"pad_token":  {"[PAD]", "<pad>", "<|pad|>"},
	"unk_token":  {"[UNK]", "<unk>"},
	"cls_token":  {"[CLS]"},
	"sep_token":  {"[SEP]"},
	"mask_token": {"[MASK]", "<mask>"},
	"bos_token":  {"<s>", "<|begin_of_text|>", "<|endoftext|>"},
	"eos_token":  {"</s>", "<|end_of_text|>", "<|endoftext|>"},
}

// special finds the ids of the roles. A role that the configuration names must
// be a token of the vocabulary.
func (c config) special(v *vocabulary) (Special, error) {
	var err error
	id := func(role string) int32 {
		if name, ok := c.roles[role]; ok && name != "" {
			if id, ok := v.ids[name]; ok {
				return id
			}
			// Hugging Face adds such a token to the end of the vocabulary, where the
			// model has no row for it; PAD is the one that does no harm.
			if role != "pad_token" && err == nil {
				err = fmt.Errorf("%s %q is not in the vocabulary", role, name)
			}
			return -1
		}
		for _, name := range usualNames[role] {
			if id, ok := v.ids[name]; ok {
				return id
			}
		}
		return -1
	}
	s := Special{
		PAD: id("pad_token"), UNK: id("unk_token"), CLS: id("cls_token"), SEP: id("sep_token"),
		MASK: id("mask_token"), BOS: id("bos_token"), EOS: id("eos_token"),
	}
	return s, err
}
