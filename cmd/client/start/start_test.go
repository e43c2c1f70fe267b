package start

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEnvironmentHasTheVariablesOfEveryFunction(t *testing.T) {
	required, found := regexp.MustCompile(`(?:env\.(?:Required|OneOf|JSON)|os\.Getenv)\("([A-Z_]+)"`), 0
	for _, files := range []string{"functions/*/main.go", "kit/*/*.go"} {
		names, err := filepath.Glob("../../../handlers/" + files)
		require.NoError(t, err)
		for _, file := range names {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, name := range required.FindAllStringSubmatch(string(text), -1) {
				found++
				require.True(t, slices.ContainsFunc(Environment, func(v string) bool { return strings.HasPrefix(v, name[1]+"=") }), "%s of %s", name[1], file)
			}
		}
	}
	require.Greater(t, found, 30)
}
