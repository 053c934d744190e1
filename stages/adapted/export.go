package adapted

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"runexp/internal/hub"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/peft"
	"runexp/methods"
	"runexp/stages/block"
	"runexp/stages/work"
)

// Exported says what an export wrote.
type Exported struct {
	Format   string   `json:"format"` // PEFT, AdapterHub or Transformers
	Bytes    int64    `json:"bytes"`
	Files    int      `json:"files"`
	Rows     int      `json:"rows"`               // rows that were compared, of dev
	Largest  float64  `json:"largest_difference"` // difference of their outputs
	Warnings []string `json:"warnings"`
}

// Export writes the weights of a finished run to dir, which must not exist or
// be empty, in a layout that other programs read: PEFT's for lightweight
// methods, AdapterHub's for bottleneck adapters, that of Transformers for
// full fine-tuning and, with merge, for whatever can be merged. What was
// written is read again and its outputs on dev rows are compared; only then
// does dir appear.
func (o *Opened) Export(dir string, merge bool) (*Exported, error) {
	if o.Evaluate.Reads != "overlay" {
		return nil, work.InputError(fmt.Sprintf("export: method %q leaves no weights over a model that other programs could load", o.Run.Method.Type))
	}
	if err := checkFree(dir); err != nil {
		return nil, err
	}
	x := &export{Opened: o, merge: merge}
	release, err := x.open()
	if err != nil {
		return nil, err
	}
	defer release()
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	private, err := os.MkdirTemp(parent, "."+filepath.Base(filepath.Clean(dir))+"-")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer os.RemoveAll(private)
	temp := filepath.Join(private, "export")
	if err := os.Mkdir(temp, 0o777); err != nil { // as the user's umask has it
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := x.write(temp); err != nil {
		return nil, err
	}
	if err := x.measure(temp); err != nil {
		return nil, err
	}
	if err := os.Remove(dir); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return &x.done, nil
}

// checkFree refuses a folder that holds something.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return work.InputError(fmt.Sprintf("export: %v", err))
	case len(entries) > 0:
		return work.InputError(fmt.Sprintf("export: %s is not empty", dir))
	}
	return nil
}

// export is one export under way.
type export struct {
	*Opened
	merge   bool
	base    *lm.Base
	overlay *nn.Overlay
	info    peft.Info
	rows    *comparison
	done    Exported
}

// open loads the model, what was trained over it, and rows to compare.
func (x *export) open() (release func(), err error) {
	var releases []func()
	release = func() { work.Together(releases...)() }
	defer func() {
		if err != nil {
			release()
		}
	}()
	data, releaseData, err := work.LoadData(x.Job)
	if err != nil {
		return nil, err
	}
	releases = append(releases, releaseData)
	base, releaseBase, err := work.LoadBase(x.Job)
	if err != nil {
		return nil, err
	}
	releases = append(releases, releaseBase)
	adapted, err := x.Job.Dir("adapt")
	if err != nil {
		return nil, err
	}
	x.base = base
	if x.overlay, err = lm.LoadOverlay(filepath.Join(adapted, work.OverlayFile)); err != nil {
		return nil, err
	}
	releases = append(releases, x.overlay.Free)
	x.info = x.about(data.LabelNames)
	x.rows = &comparison{input: x.Evaluate.Input, data: data, room: work.OverlayPositions(x.overlay)}
	return release, nil
}

// about is what files say besides numbers.
func (x *export) about(labels []string) peft.Info {
	model := x.Run.Model
	info := peft.Info{Name: strings.ReplaceAll(x.Run.Method.Name, ".", "_"), Labels: labels, RSLoRA: scaledByRoot(x.Run.Point.Config.(*block.Method).Method)}
	if in := x.Run.Dataset.Config.Input; in != nil && len(in.Choices) > 1 {
		info.Choices = len(in.Choices)
	}
	switch {
	case model.Path.Text != "":
		info.BaseModel = model.Path.Text
	case model.Hub != "":
		if ref, err := hub.ParseRef(hub.Model, model.Hub); err == nil {
			info.BaseModel, info.Revision = ref.Repository, ref.Revision
		}
	}
	return info
}

// scaledByRoot reports whether a method's low-rank scale is alpha/√r.
func scaledByRoot(m methods.Method) bool {
	switch m := m.(type) {
	case *methods.LoRA:
		return m.Variant == "rslora"
	case *methods.Union:
		for _, p := range m.Parts {
			if scaledByRoot(p.Method) {
				return true
			}
		}
	}
	return false
}

// write chooses the layout and writes it.
func (x *export) write(dir string) (err error) {
	_, full := x.Run.Method.Method.(*methods.FineTuning)
	switch {
	case x.merge || full:
		x.done.Format = "Transformers"
		return x.model(dir)
	case len(x.overlay.Bottlenecks) > 0:
		x.done.Format = "AdapterHub"
		x.done.Warnings, err = peft.ExportHub(dir, x.base, x.overlay, x.info)
	default:
		x.done.Format = "PEFT"
		x.done.Warnings, err = peft.Export(dir, x.base, x.overlay, x.info)
	}
	if err != nil {
		return work.InputError(err.Error())
	}
	if x.info.BaseModel == "" {
		x.done.Warnings = append(x.done.Warnings, "the base model was made by the experiment and lies in its cache alone; -merge writes a model that needs no other")
	}
	back, _, err := peft.Import(dir, x.base)
	if err != nil {
		return fmt.Errorf("export: read back: %w", err)
	}
	defer back.Free()
	x.sameHead(back)
	return x.compare(x.base, back, 0)
}

// sameHead gives an overlay that was read what the files do not tell: the
// kind of task, and which words stand for the labels.
func (x *export) sameHead(back *nn.Overlay) {
	if x.overlay.Head.Words != nil {
		h := *x.overlay.Head
		back.Head = &h
		return
	}
	back.Head.Task = x.overlay.Head.Task
}

// mergedTolerance is how far the outputs of a merged model may lie from those
// of the parts, which are summed in another order.
const mergedTolerance = 1e-5

// model writes a whole model and loads it again.
func (x *export) model(dir string) error {
	merged, exact, err := peft.Merge(x.base, x.overlay)
	if err != nil {
		return work.InputError(fmt.Sprintf("export: %v", err))
	}
	defer merged.Free()
	if x.done.Warnings, err = peft.SaveModel(dir, x.base, merged, x.info); err != nil {
		return work.InputError(fmt.Sprintf("export: %v", err))
	}
	if err := x.tokenizer(dir); err != nil {
		return err
	}
	again, err := lm.Load(dir)
	if err != nil {
		return fmt.Errorf("export: read back: %w", err)
	}
	defer again.Free()
	back, _, err := peft.LoadHead(dir, again)
	if err != nil {
		return fmt.Errorf("export: read back: %w", err)
	}
	defer back.Free()
	x.sameHead(back)
	if x.overlay.Head.Words != nil {
		x.done.Warnings = append(x.done.Warnings, "the label words are not part of the files; the labels' scores are the language model's logits of those words")
	}
	tolerance := mergedTolerance
	if exact {
		tolerance = 0
	}
	return x.compare(again, back, tolerance)
}

// tokenizer copies the model's tokenizer files; a model without any gets
// those that its tokenizer writes.
func (x *export) tokenizer(dir string) error {
	from, err := x.Job.Dir("model")
	if err != nil {
		return err
	}
	copied := false
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt"} {
		err := work.CopyFile(filepath.Join(dir, name), filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		copied = true
	}
	if copied || x.base.Tokenizer == nil {
		return nil
	}
	return x.base.Tokenizer.Save(dir)
}

// measure counts files and bytes.
func (x *export) measure(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return errors.Join(fmt.Errorf("export %s", dir), err)
		}
		x.done.Files++
		x.done.Bytes += info.Size()
	}
	return nil
}
