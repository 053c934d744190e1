package stages

import (
	"context"
	"os"
	"path/filepath"

	"runexp/internal/hub"
	"runexp/pipeline"
	"runexp/pipeline/config"
)

// hubNode is a load node over files that the hub serves. They are fetched
// while the graph is compiled, because their content is part of the key; a
// pinned reference whose files are there needs no network.
func (c *compiler) hubNode(b *config.Block, m *Model) *pipeline.Node {
	files, err := c.fetch(m.Hub)
	if err != nil {
		c.fail(b.AttrRange("hub"), "Model not available", "%v.", err)
		return nil
	}
	return &pipeline.Node{Addr: "load " + m.Name, Stage: &LoadModel{}, Files: files}
}

func (c *compiler) fetch(reference string) ([]pipeline.File, error) {
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
	ref, err := hub.ParseRef(hub.Model, reference)
	if err != nil {
		return nil, err
	}
	lock, err := hub.OpenLock(c.exp.Files[0] + ".lock")
	if err != nil {
		return nil, err
	}
	snapshot, err := client.Fetch(context.Background(), ref, hub.ModelFiles(), lock)
	if err != nil {
		return nil, err
	}
	return modelFiles(snapshot.Dir)
}
