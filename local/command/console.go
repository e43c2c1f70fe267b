package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/term"

	"github.com/order-patterns/order-patterns/local/console"
)

// settingsFile returns the absolute path of the file with the console's settings: the named one, or console.json of the project if it
// exists.
func settingsFile(project, named string) (string, error) {
	if named != "" {
		return filepath.Abs(named)
	}
	file := filepath.Join(project, "console.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return file, nil
}

func (e *environment) readSettings() (console.Settings, error) {
	if e.settings == "" {
		return console.ReadSettings([]byte("{}"))
	}
	text, err := os.ReadFile(e.settings)
	if err != nil {
		return console.Settings{}, fmt.Errorf("reading the settings of the console: %w", err)
	}
	s, err := console.ReadSettings(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", e.settings, err)
	}
	return s, err
}

// printConsole prints the address of the page, and nothing else. For a person at a terminal it opens the page.
func printConsole(_ context.Context, e *environment) error {
	r, err := e.needed()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(e.stdout, r.Console); err != nil {
		return err
	}
	if f, ok := e.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		open(r.Console)
	}
	return nil
}

// open opens a page in the browser of the desktop. Where there is none, it does nothing.
func open(url string) {
	opener := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		opener = "open"
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return // xdg-open would start a browser for terminals
	}
	_ = exec.Command(opener, url).Start() // the address has been printed; some openers run as long as the browser
}
