package config

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInvalid loads each file of testdata/invalid. A line with a mistake ends
// in `# ERROR: Summary`, or several separated by bars; mistakes without a line
// of this file stand in `# ELSEWHERE: Summary`. Nothing else may be reported.
// The first line can hold options: `# VARS: a=1, b=2` or `# MAXRUNS: 100`.
func TestInvalid(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".hcl"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, options := markers(string(src))
			got := map[string]int{}
			_, diags := NewParser().Load([]string{name}, testKinds(), options)
			for _, d := range diags {
				at := "elsewhere"
				if d.Subject != nil && d.Subject.Filename == name {
					at = strconv.Itoa(d.Subject.Start.Line)
				}
				got[at+": "+d.Summary]++
				if d.Detail == "" {
					t.Errorf("%s: %s has no detail", at, d.Summary)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func markers(src string) (map[string]int, Options) {
	want, options := map[string]int{}, Options{}
	for i, line := range strings.Split(src, "\n") {
		if _, summaries, ok := strings.Cut(line, "# ERROR: "); ok {
			summaries, _, _ = strings.Cut(summaries, "\r")
			for s := range strings.SplitSeq(summaries, " | ") {
				want[strconv.Itoa(i+1)+": "+s]++
			}
		}
		if _, summary, ok := strings.Cut(line, "# ELSEWHERE: "); ok {
			want["elsewhere: "+summary]++
		}
		if _, vars, ok := strings.Cut(line, "# VARS: "); ok {
			options.Vars = map[string]string{}
			for v := range strings.SplitSeq(vars, ", ") {
				name, value, _ := strings.Cut(v, "=")
				options.Vars[name] = value
			}
		}
		if _, n, ok := strings.Cut(line, "# MAXRUNS: "); ok {
			options.MaxRuns, _ = strconv.ParseInt(n, 10, 64)
		}
	}
	return want, options
}
