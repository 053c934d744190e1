package stages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"runexp/internal/dataset"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

type hubRow struct {
	Text  string `parquet:"text"`
	Label string `parquet:"label"`
}

// parquetFile is a file of n rows in two classes.
func parquetFile(t *testing.T, name string, n int) []byte {
	t.Helper()
	var rows []hubRow
	for i := range n {
		rows = append(rows, hubRow{fmt.Sprintf("%s text %d", name, i), []string{"yes", "no"}[i%2]})
	}
	var out bytes.Buffer
	if err := parquet.Write(&out, rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// datasetHub serves one data set at one commit as the hub does.
func datasetHub(t *testing.T, files map[string][]byte) *httptest.Server {
	commit := strings.Repeat("5", 40)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/datasets/org/rows/revision/"):
			fmt.Fprintf(w, `{"sha": %q}`, commit)
		case path == "/api/datasets/org/rows/tree/"+commit:
			var list []string
			for name, content := range files {
				sum := sha256.Sum256(content)
				list = append(list, fmt.Sprintf(`{"type": "file", "path": %q, "size": %d, "oid": "0000000000000000000000000000000000000000", "lfs": {"oid": %q, "size": %d}}`,
					name, len(content), hex.EncodeToString(sum[:]), len(content)))
			}
			fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
		default:
			content, ok := files[strings.TrimPrefix(path, "/datasets/org/rows/resolve/"+commit+"/")]
			if !ok {
				http.NotFound(w, r)
				return
			}
			w.Write(content)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

const hubExperiment = `
experiment "hub" {
  seeds = [1]
}
dataset "rows" {
  hub = "org/rows@refs/convert/parquet"
  files {
    train = "default/train/*.parquet"
    test  = "default/test/0000.parquet"
  }
  label = "label"
}
method "majority" "majority" {}
`

// compileHub compiles the experiment and returns its data set's rows, or the
// diagnostics.
func compileHub(t *testing.T, dir, text string) (*dataset.Dataset, string) {
	t.Helper()
	path := filepath.Join(dir, "hub.hcl")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	exp, diags := config.NewParser().Load([]string{path}, block.Kinds, config.Options{})
	if diags.HasErrors() {
		return nil, diags.Error()
	}
	plan, diags := Compile(exp, Options{HubDir: filepath.Join(dir, "cache")})
	if diags.HasErrors() {
		return nil, diags.Error()
	}
	stage := plan.DataNodes["rows"].Stage.(*work.ReadData)
	rows, err := stage.Survey()
	if err != nil {
		t.Fatal(err)
	}
	set, err := rows.Write(stage.Source(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return set, ""
}

// A data set of the hub is its parquet files, pinned beside the experiment;
// afterwards no network is needed.
func TestHubDataSets(t *testing.T) {
	server := datasetHub(t, map[string][]byte{
		"default/train/0000.parquet": parquetFile(t, "a", 40), "default/train/0001.parquet": parquetFile(t, "b", 20),
		"default/test/0000.parquet": parquetFile(t, "c", 10), "other/train/0000.parquet": parquetFile(t, "d", 10),
	})
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("HF_HOME", filepath.Join(dir, "hf"))
	t.Setenv("HF_ENDPOINT", server.URL)
	set, problems := compileHub(t, dir, hubExperiment)
	if problems != "" {
		t.Fatal(problems)
	}
	if got := set.Train.Len() + set.Dev.Len(); got != 60 || set.TestID.Len() != 10 {
		t.Errorf("%d rows to train and select on and %d to test, want 60 and 10", got, set.TestID.Len())
	}
	lock, err := os.ReadFile(filepath.Join(dir, "hub.hcl.lock"))
	if err != nil || !strings.Contains(string(lock), strings.Repeat("5", 40)) || strings.Contains(string(lock), "other/") {
		t.Errorf("lock file (%v): %s", err, lock)
	}
	server.Close()
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, problems := compileHub(t, dir, hubExperiment); problems != "" {
		t.Errorf("without a network: %s", problems)
	}
	for change, want := range map[[2]string]string{
		{"default/test/0000", "default/test/0009"}: "Data set not available",
		{"org/rows@", "no such thing @"}:           "Data set not available",
	} {
		_, problems := compileHub(t, dir, strings.Replace(hubExperiment, change[0], change[1], 1))
		if !strings.Contains(problems, want) {
			t.Errorf("with %s: %q, want %q", change[1], problems, want)
		}
	}
	text := hubExperiment[:strings.Index(hubExperiment, "  files {")] + "  generator \"clauses\" {}\n  label = \"kind\"\n}\nmethod \"majority\" \"majority\" {}\n"
	if _, problems := compileHub(t, dir, text); !strings.Contains(problems, "files block") {
		t.Errorf("hub without files: %q", problems)
	}
}
