package tokenizer

// decoder reads one decoder.
func (r *reader) decoder(o object) (decoder, error) {
	switch kind := o.str("type", ""); kind {
	case "WordPiece":
		o.only("type", "prefix", "cleanup")
		return wordPieceDecoder{o.str("prefix", "##"), o.boolean("cleanup", true)}, nil
	case "ByteLevel":
		o.only("type", "add_prefix_space", "trim_offsets", "use_regex")
		return byteLevelDecoder{}, nil
	case "Metaspace":
		m, err := r.metaspace(o)
		return metaspaceDecoder{m.blank, m.prefix != prefixNever}, err
	case "ByteFallback":
		o.only("type")
		return byteFallbackDecoder{}, nil
	case "Fuse":
		o.only("type")
		return fuseDecoder{}, nil
	case "Strip":
		o.only("type", "content", "start", "stop")
		d := stripDecoder{content: o.str("content", " "), start: int(o.integer("start", 0)), stop: int(o.integer("stop", 0))}
		if d.content == "" {
			return nil, o.errorf("Strip without a content")
		}
		return d, nil
	case "Replace":
		return r.replace(o)
	case "Sequence":
		o.only("type", "decoders")
		ds, err := parts(o, "decoders", r.decoder)
		return decoders(ds), err
	default:
		return nil, o.errorf("decoder %q is not known", kind)
	}
}
