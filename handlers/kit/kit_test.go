package kit_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// own is the path of the module.
const own = "github.com/order-patterns/order-patterns/handlers/kit"

// A function that imports the kit gets the modules of the AWS SDK, and nothing of orders, of Pulumi or of the embedded cloud.
func TestTheKitImportsTheAWSSDKOnly(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") && !strings.HasPrefix(name, own+"/") {
				require.Regexp(t, "^github.com/aws/(aws-lambda-go|aws-sdk-go-v2|smithy-go)(/|$)", name, path)
			}
		}
		return nil
	}))
	require.Greater(t, files, 20, "the test finds the files")
}

// What is required by go.mod counts for everybody who imports the kit, also what only its tests need.
func TestTheModuleRequiresTheAWSSDKAndWhatItsTestsNeed(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	for _, required := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(string(text), -1) {
		switch required[1] {
		case "github.com/stretchr/testify", "go.yaml.in/yaml/v3", "pgregory.net/rapid":
		default:
			require.Regexp(t, "^github.com/aws/", required[1])
		}
	}
	require.NotRegexp(t, `(?m)^replace`, string(text), "a replacement does not count for others")
}
