package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for something on the page.
const patience = 30 * time.Second

// page is a tab that shows the console. What a test names are values of data-testid.
type page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// size is that of a tab, in CSS pixels.
type size struct{ width, height int64 }

var (
	desktop = size{1280, 800}
	phone   = size{360, 740}
)

// open shows the page in a new tab. At the end of the test it asserts that the page logged no error and no warning, threw nothing, and
// asked for nothing but what the console serves.
func open(t testing.TB, s size, scheme string) *page {
	t.Helper()
	p := newTab(t)
	t.Cleanup(func() { require.Empty(t, p.noticed(), "the page must be without problems") })
	t.Cleanup(p.keepIfFailed)
	p.resize(s)
	p.scheme(scheme)
	p.do(chromedp.Navigate(served.console.URL()))
	p.see("tab-map")
	return p
}

// newTab opens an empty tab, which is watched.
func newTab(t testing.TB) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t))
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, p.watch))
	return p
}

// noticed returns what the tab did that it must not.
func (p *page) noticed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

func (p *page) watch(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			text, _ := json.Marshal(e.Args)
			problem = fmt.Sprintf("console.%s: %s", e.Type, text)
		}
	case *runtime.EventExceptionThrown:
		problem = (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error()
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			problem = fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		problem = elsewhere(e.Request.URL)
	case *network.EventWebSocketCreated:
		problem = elsewhere(e.URL)
	}
	if problem != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.problems = append(p.problems, problem)
	}
}

// elsewhere says that an address is not one of the console.
func elsewhere(address string) string {
	u, err := url.Parse(address)
	home, _ := url.Parse(served.console.URL())
	if err == nil && (u.Scheme == home.Scheme && u.Host == home.Host || u.Scheme == "data" || u.Scheme == "blob") {
		return ""
	}
	return "a request to " + address
}

// keepIfFailed keeps what a failed test saw.
func (p *page) keepIfFailed() {
	if !p.t.Failed() {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Log("no picture of the page:", err)
		return
	}
	file := filepath.Join(os.TempDir(), strings.ReplaceAll(p.t.Name(), "/", "-")+".png")
	require.NoError(p.t, os.WriteFile(file, picture, 0o644))
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	p.t.Logf("the page is in %s, and its text is:\n%s", file, text)
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

func (p *page) resize(s size) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(s.width, s.height, func(m *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		m.Mobile = s == phone
	}))
}

// scheme makes the page light or dark.
func (p *page) scheme(scheme string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// evaluate returns the value of an expression. A Go value that follows is $0, $1, ... in it.
func evaluate[T any](p *page, expression string, values ...any) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script(expression, values), chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return v
}

// find defines at, which returns the element with a data-testid. Resources of different types may have the same name, so that a node is
// named with a word of its label: node-fanout-orders@DynamoDB.
const find = `const at = id => {
	const [name, kind] = id.split('@')
	return [...document.querySelectorAll('[data-testid="' + name + '"]')].find(e => !kind || e.getAttribute('aria-label').includes(kind))
}`

func script(expression string, values []any) string {
	var names, texts []string
	for i, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // tests pass strings and numbers
		}
		names, texts = append(names, fmt.Sprintf("$%d", i)), append(texts, string(text))
	}
	return fmt.Sprintf("((%s) => { %s; return %s })(%s)", strings.Join(names, ", "), find, expression, strings.Join(texts, ", "))
}

// eventually waits until an expression is true.
func (p *page) eventually(what, expression string, values ...any) {
	p.t.Helper()
	p.within(patience, what, expression, values...)
}

func (p *page) within(limit time.Duration, what, expression string, values ...any) {
	p.t.Helper()
	for end := time.Now().Add(limit); !evaluate[bool](p, "!!("+expression+")", values...); time.Sleep(50 * time.Millisecond) {
		require.True(p.t, time.Now().Before(end), "not within %s: %s", limit, what)
	}
}

// see waits until an element is visible.
func (p *page) see(id string) {
	p.t.Helper()
	p.eventually(id+" is visible", "at($0)?.checkVisibility()", id)
}

// shows waits until an element has a text.
func (p *page) shows(id, text string) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("%s shows %q", id, text), "at($0)?.innerText.includes($1)", id, text)
}

// aim scrolls to an element and returns its centre, if nothing else is there. The next click counts only if it is on the element.
const aim = `(() => {
	const e = at($0)
	if (!e?.checkVisibility() || e.disabled) return null
	e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'})
	const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2
	window.hit = false
	addEventListener('click', event => {
		window.hit = e.contains(event.target)
		if (!window.hit) { event.preventDefault(); event.stopImmediatePropagation() }
	}, {capture: true, once: true})
	return e.contains(document.elementFromPoint(x, y)) ? [x, y] : null
})()`

// click clicks on an element with the mouse, as soon as a person could. What moves meanwhile is tried again.
func (p *page) click(id string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		require.True(p.t, time.Now().Before(end), "cannot click on %s", id)
		at := evaluate[[]float64](p, aim, id)
		if at == nil {
			continue
		}
		p.do(chromedp.MouseClickXY(at[0], at[1]))
		if evaluate[bool](p, "window.hit") {
			return
		}
	}
}

// fill replaces the text of an input.
func (p *page) fill(id, text string) {
	p.t.Helper()
	p.see(id)
	evaluate[chromedp.Void](p, "(at($0).focus(), at($0).select(), 0)", id)
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// choose chooses the option of a select whose text or value contains a text.
func (p *page) choose(id, text string) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("%s offers %q", id, text), `[...at($0)?.options ?? []].some((o, i) => {
		if (!o.textContent.includes($1) && !o.value.includes($1)) return false
		at($0).selectedIndex = i
		at($0).dispatchEvent(new Event('input', {bubbles: true}))
		at($0).dispatchEvent(new Event('change', {bubbles: true}))
		return true
	})`, id, text)
}

// press presses a key, such as kb.Tab.
func (p *page) press(key string, options ...chromedp.KeyOption) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, options...))
}

// overflow is by how many pixels the page is wider than the window.
func (p *page) overflow() int {
	p.t.Helper()
	return evaluate[int](p, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
}
