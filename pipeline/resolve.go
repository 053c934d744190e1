package pipeline

import "runexp/pipeline/cache"

// resolveAll looks up everything that can be, then checks the wanted ones that
// were found.
func (r *run) resolveAll() {
	for len(r.resolvable) > 0 && !r.stopped() {
		for len(r.resolvable) > 0 && r.ctx.Err() == nil {
			batch := r.resolvable
			r.resolvable = nil
			lookups := make([]lookup, len(batch))
			inParallel(len(batch), func(i int) { lookups[i] = r.look(batch[i]) })
			for i, st := range batch {
				r.resolve(st, lookups[i])
			}
		}
		r.checkFound()
	}
}

// lookup is a node's key and what the cache has under it.
type lookup struct {
	recipe *cache.Recipe
	entry  *cache.Entry // nil: nothing, whatever the reason; Plan shows it
	err    error        // of computing the key
}

// look computes a node's key and looks it up. It changes nothing.
func (r *run) look(st *state) (l lookup) {
	l.recipe, l.err = r.keys.recipe(st.node, func(n *Node) cache.ID { return r.states[n].entry.Output() })
	if l.err == nil {
		if entry, err := r.x.Cache.Lookup(l.recipe.ID()); err == nil {
			l.entry = entry
		}
	}
	return l
}

// resolve takes in what was found for a node.
func (r *run) resolve(st *state, l lookup) {
	if st.result != nil {
		return // skipped meanwhile
	}
	if l.err != nil {
		r.fail(st, l.err, 0)
		return
	}
	st.recipe, st.action = l.recipe.Text(), l.recipe.ID()
	if l.entry == nil {
		r.need(st)
		return
	}
	entry := l.entry
	r.know(st, entry)
	switch {
	case r.x.Verify:
		r.need(st)
	case st.wanted:
		r.found = append(r.found, st)
	default:
		r.finish(st, &Result{Status: Cached, Entry: entry})
	}
}

// know records a node's output, and passes it on to those that read it.
func (r *run) know(st *state, entry *cache.Entry) {
	first := st.entry == nil
	st.entry = entry
	if !first {
		return
	}
	for _, c := range st.consumers {
		if c.unknown--; c.unknown == 0 {
			r.resolvable = append(r.resolvable, c)
		}
	}
}

// checkFound pins the wanted nodes that were found, and reads them once: whoever
// wants them is about to. What was dropped on purpose stays so.
func (r *run) checkFound() {
	found := r.found
	r.found = nil
	entries := make([]*cache.Entry, len(found))
	for i, st := range found {
		entries[i] = st.entry
	}
	if err := r.x.Cache.Pin(entries...); err != nil {
		if len(found) > 0 {
			r.stop(found[0], err)
		}
		return
	}
	errs := make([]error, len(found))
	inParallel(len(found), func(i int) { errs[i] = entries[i].Check() })
	for i, st := range found {
		if errs[i] != nil && !st.entry.Dropped() {
			r.need(st)
			continue
		}
		r.finish(st, &Result{Status: Cached, Entry: st.entry})
	}
}
