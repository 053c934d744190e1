package ui

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// browser is a headless Chromium, driven over two pipes in the protocol of its
// developer tools: JSON messages that end in a zero byte. That is little enough
// to need no library.
type browser struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	last    int
	seen    map[string]bool // events since the last action
	session string
	faults  []string // exceptions, refusals of the content security policy, failed requests
}

// message is a command, its answer or an event.
type message struct {
	ID      int                       `json:"id,omitempty"`
	Method  string                    `json:"method,omitempty"`
	Params  json.RawMessage           `json:"params,omitempty"`
	Session string                    `json:"sessionId,omitempty"`
	Result  json.RawMessage           `json:"result,omitempty"`
	Error   *struct{ Message string } `json:"error,omitempty"`
}

// openBrowser starts Chromium with an empty profile; the test is skipped where
// there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine")
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirs2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
		"--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirs2} // file descriptors 3 and 4
	// Its helpers write into the profile until they end, so they end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		cancel()
		t.Skipf("chromium does not start here: %v", err)
	}
	theirs.Close()
	theirs2.Close()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		cancel()
		to.Close()
		from.Close()
	})
	b := &browser{t: t, to: to, from: bufio.NewReader(from), seen: map[string]bool{}}
	target := b.call("Target.createTarget", map[string]any{"url": "about:blank"})
	attached := b.call("Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})
	b.session = attached["sessionId"].(string)
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil)
	}
	return b
}

// call sends a command and reads until its answer comes.
func (b *browser) call(method string, params map[string]any) map[string]any {
	b.t.Helper()
	b.last++
	raw, err := json.Marshal(params)
	if err != nil {
		b.t.Fatal(err)
	}
	if params == nil {
		raw = []byte("{}")
	}
	sent, err := json.Marshal(message{ID: b.last, Method: method, Params: raw, Session: b.session})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(sent, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := b.read()
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		var result map[string]any
		if err := json.Unmarshal(m.Result, &result); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		return result
	}
}

// read takes the next message and keeps what tells of a fault.
func (b *browser) read() message {
	b.t.Helper()
	raw, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("chromium has ended: %v", err)
	}
	var m message
	if err := json.Unmarshal(raw[:len(raw)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	b.seen[m.Method] = true
	switch m.Method {
	case "Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed":
		b.faults = append(b.faults, string(m.Params))
	}
	return m
}

// loaded does something and waits until the page that this leads to is loaded.
func (b *browser) loaded(do func()) {
	b.t.Helper()
	const event = "Page.loadEventFired"
	delete(b.seen, event)
	do()
	for !b.seen[event] {
		b.read()
	}
}

// open goes to an address and waits until it is loaded.
func (b *browser) open(address string) {
	b.t.Helper()
	b.loaded(func() { b.call("Page.navigate", map[string]any{"url": address}) })
}

// window is as wide as a phone or a desk.
func (b *browser) window(width int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
}

// eval runs a script in the page, outside of its content security policy, and
// returns its value.
func (b *browser) eval(script string) any {
	b.t.Helper()
	out := b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true})
	if wrong := out["exceptionDetails"]; wrong != nil {
		b.t.Fatalf("%s: %v", script, wrong)
	}
	return out["result"].(map[string]any)["value"]
}

// click presses the mouse in the middle of the first element that a script gives.
func (b *browser) click(element string) {
	b.t.Helper()
	at, ok := b.eval(`(() => { const e = ` + element + `; if (!e) return null; e.scrollIntoView({block: "center", inline: "center"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`).([]any)
	if !ok {
		b.t.Fatalf("nothing to click: %s", element)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1})
	}
}

// follow clicks and waits for the page that this leads to.
func (b *browser) follow(element string) {
	b.t.Helper()
	b.loaded(func() { b.click(element) })
}

// write types into the element that has the focus.
func (b *browser) write(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text})
}

// shot keeps a picture of the whole page where RUNEXP_SHOTS names a folder.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("RUNEXP_SHOTS")
	if dir == "" {
		return
	}
	picture := b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	data, err := base64.StdEncoding.DecodeString(fmt.Sprint(picture["data"]))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// none reports the faults seen so far.
func (b *browser) none(where string) {
	b.t.Helper()
	for _, f := range b.faults {
		b.t.Errorf("%s: %s", where, f)
	}
	b.faults = nil
}
