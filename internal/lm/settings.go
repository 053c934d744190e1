package lm

import "maps"

// ConfigJSON is the model's config.json as it was read, or as Save writes it.
func (b *Base) ConfigJSON() map[string]any { return maps.Clone(b.config) }
