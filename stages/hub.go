package stages

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"runexp/internal/hub"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// hubNode is a load node over files that the hub serves. They are fetched
// while the graph is compiled, because their content is part of the key; a
// pinned reference whose files are there needs no network.
func (c *compiler) hubNode(b *config.Block, m *block.Model) *pipeline.Node {
	snapshot, err := c.fetch(hub.Model, m.Hub, hub.ModelFiles())
	var files []pipeline.File
	if err == nil {
		files, err = work.ModelFiles(snapshot.Dir)
	}
	if err != nil {
		c.fail(b.AttrRange("hub"), "Model not available", "%v.", err)
		return nil
	}
	return &pipeline.Node{Addr: "load " + m.Name, Stage: &work.LoadModel{}, Files: files}
}

// dataDir is the folder that the paths of a data set's files block lie in:
// that of the experiment file, or the hub's, of which the files that the
// block names are fetched.
func (c *compiler) dataDir(b *config.Block, d *block.Dataset) (string, bool) {
	if d.Hub == "" {
		return c.exp.Dir, true
	}
	f := d.Config.Files
	patterns := slices.Concat(f.Train, f.Dev, f.Test, f.TestShift, f.All)
	for _, p := range f.Parallel {
		patterns = slices.Concat(patterns, p.Train, p.Dev, p.Test, p.TestShift, p.All)
	}
	snapshot, err := c.fetch(hub.Dataset, d.Hub, hub.Matching(patterns...))
	if err != nil {
		c.fail(b.AttrRange("hub"), "Data set not available", "%v.", err)
		return "", false
	}
	return snapshot.Dir, true
}

// fetch brings the files of a reference onto this machine and pins them.
func (c *compiler) fetch(kind hub.Kind, reference string, sel hub.Selection) (*hub.Snapshot, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	o, err := hub.FromEnvironment(os.Getenv, home)
	if err != nil {
		return nil, err
	}
	o.Dir = filepath.Join(c.options.HubDir, "hub")
	client, err := hub.New(o)
	if err != nil {
		return nil, err
	}
	ref, err := hub.ParseRef(kind, reference)
	if err != nil {
		return nil, err
	}
	lock, err := hub.OpenLock(c.exp.Files[0] + ".lock")
	if err != nil {
		return nil, err
	}
	return client.Fetch(context.Background(), ref, sel, lock)
}
