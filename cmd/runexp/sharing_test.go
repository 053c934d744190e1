package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"runexp/internal/chart"
)

// benchSite is a folder with an experiment of testdata/bench and its model.
func benchSite(t *testing.T, name string) *site {
	t.Helper()
	if !long() {
		t.Skip("RUNEXP_LONG=1 runs experiments of minutes")
	}
	s := newSite(t)
	copyInto(t, s.dir, filepath.Join("testdata", "bench", name+".hcl"))
	if err := os.CopyFS(filepath.Join(s.dir, "config_4x256"), os.DirFS(filepath.Join("testdata", "bench", "config_4x256"))); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFrozenLayersAreComputedOnce trains over frozen layers with and without
// sharing. No metric differs; the log has the training seconds of each run.
func TestFrozenLayersAreComputedOnce(t *testing.T) {
	s := benchSite(t, "top_layers")
	digests := map[string]string{}
	for flag, dir := range map[string]string{"-no-share=false": "shared", "-no-share": "alone"} {
		s.runLong(flag, "-progress", "none", "-cache", dir+"-cache", "-results", dir, "top_layers.hcl")
		digests[dir] = s.runLong("results", "digest", "-results", dir, "top_layers")
		rows, err := openDatabase(t, filepath.Join(s.dir, dir, "runexp.db")).Query(
			`select m.configuration, m.seed, r.train_seconds from member m join run r on r.action = m.action and r.seed = m.seed order by m.position`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var configuration string
			var seed int
			var seconds float64
			if err := rows.Scan(&configuration, &seed, &seconds); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s#%d: %.2f s of training", dir, configuration, seed, seconds)
		}
		rows.Close()
	}
	if digests["shared"] != digests["alone"] {
		t.Errorf("shared %s, alone %s", digests["shared"], digests["alone"])
	}
}

// TestProbeGridIsOnePass runs 20 probes under 5 seeds. One pass over the data
// serves them all, and what draws nothing is fitted once.
func TestProbeGridIsOnePass(t *testing.T) {
	s := benchSite(t, "probe_grid")
	p := s.start(nil, "-progress", "plain", "probe_grid.hcl")
	if err := <-p.ended; err != nil {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	for kind, want := range map[string]int{"features ": 1, "adapt ": 20, "evaluate ": 20} {
		if got := strings.Count(p.err.String(), `msg=done node="`+kind); got != want {
			t.Errorf("%d nodes %q ran, want %d", got, kind, want)
		}
	}
	t.Log("\n" + p.err.String())
}

// TestProbesAloneAgree runs each probe of the grid in a cache of its own, as
// scripts that know nothing of each other would. The metrics are those of the
// grid to the last bit; the log has the seconds of all nodes but data and model,
// and -update draws them over the number of probes.
func TestProbesAloneAgree(t *testing.T) {
	s := benchSite(t, "probe_grid")
	together, want := s.probes("grid")
	var alone []float64
	found, sum := map[string]float64{}, 0.
	for layer := range 5 {
		for _, pooling := range []string{"cls", "mean", "max", "last"} {
			dir := fmt.Sprintf("alone-%d-%s", layer, pooling)
			took, metrics := s.probes(dir, "-only", fmt.Sprintf("method.linear[layer=%d,pooling=%s]", layer, pooling))
			sum += took[0]
			alone = append(alone, sum)
			maps.Copy(found, metrics)
			os.RemoveAll(filepath.Join(s.dir, dir))
		}
	}
	if len(want) == 0 || !maps.Equal(want, found) {
		t.Errorf("the grid has %d metrics, the probes alone %d, and they differ", len(want), len(found))
	}
	last := len(together) - 1
	t.Logf("together %.2f s, each alone %.2f s: %.1f times", together[last], alone[last], alone[last]/together[last])
	writeBenchChart(t, "probes.svg", &chart.Lines{Title: "Probes of one model and data set", X: "probes", Y: "seconds",
		Series: []chart.Series{{Name: "each alone", X: counts(alone), Y: alone}, {Name: "in one experiment", X: counts(together), Y: together}}})
}

// counts are the numbers from 1 to that of the values.
func counts(values []float64) []float64 {
	list := make([]float64, len(values))
	for i := range list {
		list[i] = float64(i + 1)
	}
	return list
}

// probes runs the grid, or a part of it, in a new cache. It returns the seconds
// its nodes had taken, but for data and model, after each probe was evaluated,
// and every metric of its database.
func (s *site) probes(dir string, flags ...string) (took []float64, metrics map[string]float64) {
	t := s.t
	t.Helper()
	p := s.start(nil, append(flags, "-progress", "plain", "-cache", dir+"/cache", "-results", dir, "probe_grid.hcl")...)
	if err := <-p.ended; err != nil {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	seconds := 0.
	for _, m := range regexp.MustCompile(`msg=done node="(\w+) [^\n]* took=(\S+)`).FindAllStringSubmatch(p.err.String(), -1) {
		d, err := time.ParseDuration(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if m[1] != "data" && m[1] != "random" {
			seconds += d.Seconds()
		}
		if m[1] == "evaluate" {
			took = append(took, seconds)
		}
	}
	rows, err := openDatabase(t, filepath.Join(s.dir, dir, "runexp.db")).Query(`select r.seed || e.configuration || m.split || m.slice || m.name, m.value
		from metric m join run r on r.id = m.run join member e on e.action = r.action and e.seed = r.seed where m.state = 'finite'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	metrics = map[string]float64{}
	for rows.Next() {
		var name string
		var value float64
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		metrics[name] = value
	}
	return took, metrics
}

// TestOneBaseInMemory trains one adapter, then four at the same time: the
// difference of the peaks is three times what a run holds for itself, for the
// base lies in memory once.
func TestOneBaseInMemory(t *testing.T) {
	s := benchSite(t, "lora_memory")
	peak := func(dir, rates string) (resident, own int64) {
		p := s.start(nil, "-progress", "none", "-j", "4", "-var", "many="+rates, "-cache", dir+"-cache", "-results", dir, "lora_memory.hcl")
		if err := <-p.ended; err != nil {
			t.Fatalf("%v\n%s", err, p.err.String())
		}
		usage := p.ProcessState.SysUsage().(*syscall.Rusage)
		if err := openDatabase(t, filepath.Join(s.dir, dir, "runexp.db")).QueryRow(`select max(peak_bytes) from run`).Scan(&own); err != nil {
			t.Fatal(err)
		}
		return usage.Maxrss << 10, own
	}
	one, own := peak("one", "[1e-3]")
	four, _ := peak("four", "[1e-3, 2e-3, 3e-3, 4e-3]")
	ratio := float64(four-one) / float64(own)
	t.Logf("one run %d MB, four %d MB; a run's own memory %d MB; difference %.2f times it", one/1e6, four/1e6, own/1e6, ratio)
	if ratio > 3.15 {
		t.Errorf("three more runs took %.2f times the memory of one", ratio)
	}
}
