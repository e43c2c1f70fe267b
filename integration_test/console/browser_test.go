package console

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browsers are the names and paths of Chromium and Chrome on Linux and macOS. BROWSER_PATH names another one.
var browsers = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

func browserPath() string {
	for _, name := range append([]string{os.Getenv("BROWSER_PATH")}, browsers...) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// started is the browser of all tests: a context that has run once.
var started struct {
	once  sync.Once
	ctx   context.Context
	close context.CancelFunc
	dir   string
	err   error
}

// browser returns a browser in which a test opens tabs. It skips the test if the machine has none.
func browser(t testing.TB) context.Context {
	t.Helper()
	path := browserPath()
	if path == "" {
		const reason = "THE PAGE IS NOT TESTED: there is no Chromium or Chrome on this machine. On Debian, tools/chromium installs one; " +
			"BROWSER_PATH is the path of one elsewhere"
		if os.Getenv("CI_BROWSER") == "required" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	started.once.Do(func() { started.err = startBrowser(path) })
	require.NoError(t, started.err, "starting %s", path)
	return started.ctx
}

// startBrowser starts a browser with a profile of its own, which sends nothing anywhere by itself. The sandbox of Chromium does not
// work for root and in most containers, and it opens nothing but the page under test.
func startBrowser(path string) (err error) {
	if started.dir, err = os.MkdirTemp("", "order-patterns-browser-"); err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(started.dir))
	for _, name := range []string{"no-sandbox", "disable-gpu", "disable-quic", "disable-component-update", "no-pings", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(name, true))
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	started.ctx, started.close = chromedp.NewContext(allocator)
	return chromedp.Do(started.ctx)
}

func closeBrowser() error {
	if started.close == nil {
		return nil
	}
	err := chromedp.Cancel(started.ctx)
	if e := os.RemoveAll(started.dir); err == nil {
		err = e
	}
	return err
}
