package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// ownPage shows each component with functions of one's own.
const ownPage = "docs/your-own.md"

var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// snippets are the snippets of a page in a language, in the order of the page.
func snippets(t *testing.T, page, language string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	require.NoError(t, err)
	for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
		if match[1] == language {
			found = append(found, match[2])
		}
	}
	require.NotEmpty(t, found, "%s has no snippet in %s", page, language)
	return found
}

// The components that the page shows, each in a snippet behind the first one, which begins the program.
const shown = 5

// goFile is a Go file of snippets, and the names of the programs in it. A snippet that is no declaration is the body of a program, or
// an expression of one.
func goFile(t *testing.T, page string) (source string, programs []string) {
	t.Helper()
	var b strings.Builder
	for i, snippet := range snippets(t, page, "go") {
		program := fmt.Sprintf("func %s%d(ctx *pulumi.Context) error {\n", strings.TrimSuffix(filepath.Base(page), ".md"), i)
		switch {
		case strings.HasPrefix(snippet, "package "), strings.HasPrefix(snippet, "func "):
			b.WriteString(snippet)
			continue
		case b.Len() == 0:
			b.WriteString("package main\n\nimport (\n\t\"github.com/pulumi/pulumi/sdk/v3/go/pulumi\"\n\n" +
				"\t\"github.com/order-patterns/order-patterns/components\"\n)\n\n")
		}
		if strings.HasPrefix(snippet, "components.") {
			fmt.Fprintf(&b, "%s\t_, err := %s\treturn err\n}\n\n", program, snippet)
		} else {
			fmt.Fprintf(&b, "%s%s\treturn nil\n}\n\n", program, snippet)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), page, b.String(), 0)
	require.NoError(t, err, b.String())
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && len(f.Type.Params.List) == 1 && f.Type.Params.List[0].Names[0].Name == "ctx" {
			programs = append(programs, f.Name.Name)
		}
	}
	return b.String(), programs
}

var archives = regexp.MustCompile(`(?:own\("([a-z-]+)"\)|fn::fileArchive: ([a-z/-]+\.zip)|NewFileArchive\("([a-z./-]+)"\))`)

// writeArchives makes the archives that snippets name, in a folder. Zips are one of ours; folders have a file.
func writeArchives(t *testing.T, folder, text string) {
	t.Helper()
	zip, err := os.ReadFile("../build/local/store-order.zip")
	require.NoError(t, err, "run `make package-local`")
	for _, match := range archives.FindAllStringSubmatch(text, -1) {
		path := filepath.Join(folder, match[2]+match[3])
		if match[1] != "" {
			path = filepath.Join(folder, "lambda", match[1]+".zip")
		}
		if strings.HasSuffix(path, ".zip") {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, zip, 0o600))
		} else {
			require.NoError(t, os.MkdirAll(path, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(path, "app.py"), nil, 0o600))
		}
	}
}

// runGo compiles the Go snippets of pages as one program, in a folder of the root module that is on no disk, and runs each of them with
// mocks. It returns the resources of each: type and name.
func runGo(t *testing.T, pages ...string) map[string][]string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	run, err := filepath.Abs("testdata/snippets_test.go")
	require.NoError(t, err)
	folder, work := filepath.Join(root, "docs", "snippets"), t.TempDir()
	overlay := map[string]string{filepath.Join(folder, "run_test.go"): run}
	write := func(name, source string) {
		path := filepath.Join(work, name)
		require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
		overlay[filepath.Join(folder, name)] = path
	}
	var list bytes.Buffer
	for _, page := range pages {
		source, programs := goFile(t, page)
		write(strings.TrimSuffix(filepath.Base(page), ".md")+".go", source)
		writeArchives(t, work, source)
		for _, program := range programs {
			fmt.Fprintf(&list, "\t%q: %s,\n", program, program)
		}
	}
	write("programs_test.go", "package main\n\nimport \"github.com/pulumi/pulumi/sdk/v3/go/pulumi\"\n\nvar programs = map[string]pulumi.RunFunc{\n"+list.String()+"}\n")
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	overlayFile, binary := filepath.Join(work, "overlay.json"), filepath.Join(work, "snippets.test")
	require.NoError(t, os.WriteFile(overlayFile, text, 0o600))
	command(t, root, "go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", binary, "./docs/snippets")

	// Where the pages say that our zips are: the default, and lambda.
	require.NoError(t, os.Mkdir(filepath.Join(work, "build"), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(root, "build", "local"), filepath.Join(work, "build", "arm64")))
	require.NoError(t, os.CopyFS(filepath.Join(work, "lambda"), os.DirFS("../build/local")))
	t.Setenv("RESOURCES", filepath.Join(work, "resources.json"))
	command(t, work, binary, "-test.v")
	text, err = os.ReadFile(filepath.Join(work, "resources.json"))
	require.NoError(t, err)
	var resources map[string][]string
	require.NoError(t, json.Unmarshal(text, &resources))
	return resources
}

func command(t *testing.T, folder, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// yamlProgram is the program of all YAML snippets of the page, and its text.
func yamlProgram(t *testing.T) string {
	t.Helper()
	all := map[string]map[string]any{"resources": {}, "outputs": {}}
	parts := snippets(t, ownPage, "yaml")
	require.Len(t, parts, 1+shown)
	for _, part := range parts[1:] {
		var sections map[string]map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(part), &sections), part)
		for section, entries := range sections {
			for name, entry := range entries {
				require.NotContains(t, all[section], name, "snippets must not have the same names")
				all[section][name] = entry
			}
		}
	}
	text, err := yaml.Marshal(all)
	require.NoError(t, err)
	return parts[0] + string(text)
}

// The snippets in YAML deploy, and are the same resources as those in Go.
func TestTheSnippetsInGoAndYAMLDeployTheSame(t *testing.T) {
	resources := runGo(t, ownPage, "docs/checker.md", "README.md")
	var inGo []string
	_, programs := goFile(t, ownPage)
	require.Len(t, programs, shown)
	for _, program := range programs {
		inGo = append(inGo, resources[program]...)
	}

	d := program(t, "inline")
	text := yamlProgram(t)
	require.NoError(t, os.WriteFile(filepath.Join(d.Project, "Pulumi.yaml"), []byte(text), 0o600))
	writeArchives(t, d.Project, text)
	outputs := d.up(t)
	require.Len(t, outputs, shown)
	for name, value := range outputs {
		require.NotEmpty(t, value, name)
	}
	var inYAML []string
	for _, r := range d.state(t) {
		if typ := string(r.Type); !strings.HasPrefix(typ, "pulumi:") {
			inYAML = append(inYAML, typ+" "+r.URN.Name())
		}
	}
	slices.Sort(inGo)
	slices.Sort(inYAML)
	require.Equal(t, inGo, inYAML)
}

func TestTheSnippetsInTypeScriptCompile(t *testing.T) {
	needs(t, "npm")
	typescriptSDK(t)
	parts := snippets(t, ownPage, "typescript")
	require.Len(t, parts, 1+shown)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "index.ts"), []byte(strings.Join(parts, "\n")), 0o600))
	example, err := filepath.Abs("../examples/typescript")
	require.NoError(t, err)
	config, err := os.ReadFile(filepath.Join(example, "tsconfig.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "tsconfig.json"), config, 0o600))
	require.NoError(t, os.Symlink(filepath.Join(example, "node_modules"), filepath.Join(folder, "node_modules")))
	command(t, folder, filepath.Join(example, "node_modules", ".bin", "tsc"), "--noEmit", "-p", ".")
}
