package results

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
)

// canon feeds values to a hash so that no two sequences of values give the same
// bytes: strings carry their length, numbers their eight bytes.
type canon struct{ h hash.Hash }

func newCanon() canon { return canon{sha256.New()} }

func (c canon) text(values ...string) {
	for _, v := range values {
		c.number(int64(len(v)))
		c.h.Write([]byte(v))
	}
}

func (c canon) number(values ...int64) {
	var b [8]byte
	for _, v := range values {
		binary.LittleEndian.PutUint64(b[:], uint64(v))
		c.h.Write(b[:])
	}
}

// real writes the bits of v; every NaN counts as the same one.
func (c canon) real(values ...float64) {
	for _, v := range values {
		if math.IsNaN(v) {
			v = math.NaN()
		}
		c.number(int64(math.Float64bits(v)))
	}
}

func (c canon) flag(v bool) {
	if v {
		c.number(1)
	} else {
		c.number(0)
	}
}

func (c canon) hex() string { return hex.EncodeToString(c.h.Sum(nil)) }

// stored is a run with everything that belongs to it, as it lies in the database.
type stored struct {
	Run
	Metrics  []Metric
	Outcomes []storedOutcomes
	Curve    []Point
}

type storedOutcomes struct {
	split, rowset string
	n             int
	data          []byte
}

// digest covers what the run found: no times, no memory, so that two machines
// agree on it. seal covers those too, so that no stored byte can change unseen.
func (r *stored) digest() (digest, seal string) {
	c := newCanon()
	c.text(r.Action, r.Output, r.Status, r.Detail)
	c.flag(r.Drawless)
	c.number(r.Seed, r.TrainableParams, r.HeadParams, r.TotalParams, r.StoredBytes, r.Steps)
	slices.SortFunc(r.Metrics, compareMetrics)
	c.number(int64(len(r.Metrics)))
	for _, m := range r.Metrics {
		c.text(m.Split, m.Slice, m.Name, m.Flag)
		c.real(m.Value)
		c.number(m.N)
	}
	slices.SortFunc(r.Outcomes, func(a, b storedOutcomes) int { return cmp.Compare(a.split, b.split) })
	c.number(int64(len(r.Outcomes)))
	for _, o := range r.Outcomes {
		c.text(o.split, o.rowset, string(o.data))
		c.number(int64(o.n))
	}
	slices.SortFunc(r.Curve, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Step, b.Step))
	})
	c.number(int64(len(r.Curve)))
	for _, p := range r.Curve {
		c.text(p.Name)
		c.number(p.Step)
		c.real(p.Value)
	}
	digest = c.hex()
	s := newCanon()
	s.text(digest)
	s.real(r.TrainSeconds, r.TokensPerSecond)
	s.number(r.PeakBytes)
	return digest, s.hex()
}

func compareMetrics(a, b Metric) int {
	return cmp.Or(cmp.Compare(a.Split, b.Split), cmp.Compare(a.Slice, b.Slice), cmp.Compare(a.Name, b.Name))
}

// Digest is a sha256 over the sorted metric rows and the object ids of the
// experiment's last invocation, with the names it gave them and no times: equal
// for every machine, number of threads and history of crashes.
func (s *Store) Digest(ctx context.Context, experiment string) (string, error) {
	inv, err := s.Last(ctx, experiment)
	if err != nil {
		return "", err
	}
	members, err := s.Members(ctx, inv.ID)
	if err != nil {
		return "", err
	}
	slices.SortFunc(members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Model, b.Model),
			cmp.Compare(a.Configuration, b.Configuration), cmp.Compare(a.Condition, b.Condition), cmp.Compare(a.Seed, b.Seed))
	})
	c := newCanon()
	for _, m := range members {
		c.text(m.Dataset, m.Model, m.Method, m.Configuration, m.Condition, m.Status, m.Action)
		c.number(m.Seed)
		c.flag(m.Selected)
		if m.Action == "" {
			continue
		}
		run, err := s.load(ctx, m.Action, m.Seed)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		digest, _ := run.digest()
		c.text(digest)
	}
	return c.hex(), nil
}

// Verify recomputes the digest of every run and invocation. An error wraps
// ErrDamaged when one does not match what was recorded.
func (s *Store) Verify(ctx context.Context) error {
	keys, err := s.runKeys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := s.verifyRun(ctx, k.action, k.seed, k.seal); err != nil {
			return err
		}
	}
	if err := s.verifyRowsets(ctx); err != nil {
		return err
	}
	return s.verifyInvocations(ctx)
}

func (s *Store) verifyRun(ctx context.Context, action string, seed int64, want string) error {
	run, err := s.load(ctx, action, seed)
	if err != nil {
		return err
	}
	if _, seal := run.digest(); seal != want {
		return fmt.Errorf("%w: run %s seed %d", ErrDamaged, action, seed)
	}
	return nil
}
