package api

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root       = "../../.."
	repository = "github.com/order-patterns/order-patterns"
)

var update = flag.Bool("update", false, "write the API of the coming release to api/next")

// stable are the packages whose API is promised: docs/releases.md.
var stable = map[string]struct {
	folder   string
	packages []string
}{
	"root":  {".", []string{"./components", "./order/..."}},
	"kit":   {"handlers/kit", []string{"./..."}},
	"local": {"local", []string{".", "./fault", "./localtest", "./stack"}},
}

// patterns are those whose resources keep their names and parents, as this repository's program deploys them.
var patterns = []string{"checker", "eventstream", "fanout", "orchestrator"}

// The text of the coming release, api/next, has every exported identifier. What it does not keep of the last release, api/vX.Y.Z,
// is announced in the changelog. Before the first release, it keeps itself.
func TestTheAPIOfTheLastReleaseIsKept(t *testing.T) {
	releases, err := filepath.Glob(filepath.Join(root, "api", "v*"))
	if err != nil || len(releases) > 1 {
		t.Fatalf("more than one release: %v, %v", releases, err)
	}
	last, release := filepath.Join(root, "api", "next"), ""
	if len(releases) == 1 {
		last, release = releases[0], filepath.Base(releases[0])
	}
	announced := Breaking(read(t, filepath.Join(root, "CHANGELOG.md")), release)
	apis := map[string][]string{}
	for name, module := range stable {
		if apis[name], err = Describe(filepath.Join(root, module.folder), repository, module.packages...); err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range patterns {
		golden := read(t, filepath.Join(root, "components", "testdata", pattern+".golden"))
		apis["resources"] = append(apis["resources"], Resources(pattern, golden)...)
	}
	slices.Sort(apis["resources"])
	for name, api := range apis {
		t.Run(name, func(t *testing.T) {
			for _, line := range Broken(lines(t, filepath.Join(last, name+".txt")), api) {
				if identifier := Identifier(line); !Announced(identifier, announced) {
					t.Errorf("was removed or changed, and CHANGELOG.md does not name `%s` below \"### Breaking\" of [Unreleased]:\n\t%s", identifier, line)
				}
			}
			if t.Failed() {
				return
			}
			next := filepath.Join(root, "api", "next", name+".txt")
			if *update {
				if err := os.WriteFile(next, []byte(strings.Join(api, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			text := lines(t, next)
			for _, line := range Missing(api, text) {
				t.Errorf("is not in api/next: run `make api`\n\t%s", line)
			}
			for _, line := range Missing(text, api) {
				t.Errorf("is in api/next only: run `make api`\n\t%s", line)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	api, err := Describe(".", repository+"/tools/check/api/testdata", "./testdata/shapes")
	if err != nil {
		t.Fatal(err)
	}
	want := lines(t, "testdata/shapes.txt")
	if !slices.Equal(api, want) {
		t.Errorf("got\n%s\nexpected\n%s", strings.Join(api, "\n"), strings.Join(want, "\n"))
	}
}

func TestResources(t *testing.T) {
	got := Resources("fanout", "aws:sns/topic:Topic fanout < fanout\norder-patterns:components:FanOut fanout < \n")
	want := []string{"resource fanout.fanout aws:sns/topic:Topic < fanout", "resource fanout.fanout order-patterns:components:FanOut <"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
}

func TestIdentifier(t *testing.T) {
	for line, want := range map[string]string{
		"const components.ARM64 untyped string = \"arm64\"":   "components.ARM64",
		"type components.FanOutArgs struct":                   "components.FanOutArgs",
		"field components.FanOutArgs.Routes []Route `pulumi`": "components.FanOutArgs.Routes",
		"func handlers/kit/task.Handler[I any](string) error": "handlers/kit/task.Handler",
		"resource fanout.fanout-topic aws:sns/topic:Topic <":  "fanout.fanout-topic",
		"method local.Cloud.Close() error of *Cloud":          "local.Cloud.Close",
	} {
		if got := Identifier(line); got != want {
			t.Errorf("%s: got %s, expected %s", line, got, want)
		}
	}
}

func TestWhatIsAnnounced(t *testing.T) {
	const changelog = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- `a.New` is new.\n\n### Breaking\n\n- `a.Old` and `b` are gone.\n\n" +
		"## [0.2.0] - 2027-01-02\n\n### Breaking\n\n- `c.Old.Field` is an int.\n\n## [0.1.0] - 2027-01-01\n\n### Breaking\n\n- `d.Old` is gone.\n"
	names := Breaking(changelog, "v0.1.0")
	if want := []string{"a.Old", "b", "c.Old.Field"}; !slices.Equal(names, want) {
		t.Fatalf("got %q, expected %q", names, want)
	}
	for identifier, want := range map[string]bool{
		"a.Old": true, "a.Old.Field": true, "b.X": true, "b/sub.X": true, "c.Old.Field": true,
		"a.New": false, "a.Older": false, "bc.X": false, "c.Old": false, "d.Old": false,
	} {
		if Announced(identifier, names) != want {
			t.Errorf("%s: announced is %v, expected %v", identifier, !want, want)
		}
	}
}

func TestWhatIsBroken(t *testing.T) {
	old := []string{"field a.T.F string `pulumi:\"f\"`", "field a.T.G string `pulumi:\"g,optional\"`", "func a.F()", "func a.G()", "func a.H()"}
	new := []string{"field a.T.F string `pulumi:\"f,optional\"`", "field a.T.G string `pulumi:\"g\"`", "func a.F()", "func a.G(int)", "func a.I()"}
	if got, want := Broken(old, new), []string{old[1], old[3], old[4]}; !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	return strings.FieldsFunc(read(t, file), func(r rune) bool { return r == '\n' })
}
