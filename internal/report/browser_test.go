package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestPageFitsItsWindow lays the page out in a real browser, as wide as a phone
// and as wide as a desk, and checks that the page itself never scrolls sideways.
func TestPageFitsItsWindow(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine")
	}
	f, s := fixture()
	var page bytes.Buffer
	if err := HTML(&page, Build(f, s)); err != nil {
		t.Fatal(err)
	}
	// The copy that is measured may run one script, which the real page forbids.
	text := regexp.MustCompile(`<meta http-equiv[^>]*>`).ReplaceAllString(page.String(), "")
	for _, width := range []int{390, 1200} {
		// Headless windows have a least width; a frame has none.
		measured := filepath.Join(t.TempDir(), "frame.html")
		frame := fmt.Sprintf("<!doctype html><iframe id=f style=\"width:%dpx;height:900px;border:0\" srcdoc=\"%s\"></iframe><script>"+
			"document.getElementById('f').onload = e => document.title = 'width ' + e.target.contentDocument.documentElement.scrollWidth</script>",
			width, strings.ReplaceAll(strings.ReplaceAll(text, "&", "&amp;"), `"`, "&quot;"))
		if err := os.WriteFile(measured, []byte(frame), 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=5000", "--dump-dom", "file://"+measured).Output()
		if err != nil {
			t.Skipf("chromium does not run here: %v", err)
		}
		found := regexp.MustCompile(`<title>width (\d+)</title>`).FindSubmatch(out)
		if found == nil {
			t.Fatalf("the browser did not measure the page: %.300s", out)
		}
		if got, err := strconv.Atoi(string(found[1])); err != nil || got > width {
			t.Errorf("in a window of %d pixels the page is %d wide (%v)", width, got, err)
		}
	}
}
