package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/internal/moduleproxy"
)

// A program without a checkout gets the functions of the version in its go.mod, or of the checkout in a replace directive.
func TestAProgramWithoutACheckoutGetsTheFunctions(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	moduleproxy.Serve(t, root)
	zips := map[string][]byte{}
	for name, replace := range map[string]string{"released": "", "checkout": fmt.Sprintf("replace %s => %s\n", modulePath, root)} {
		program := t.TempDir()
		text := fmt.Sprintf("module program\n\ngo 1.26.0\n\nrequire %s %s\n%s", modulePath, moduleproxy.Version, replace)
		require.NoError(t, os.WriteFile(filepath.Join(program, "go.mod"), []byte(text), 0o600))
		t.Chdir(program)
		var log bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-o", "lambda", "-arch", "local", "store-order"}, &log), log.String())
		require.Contains(t, log.String(), "1 zips in lambda, 1 of them changed")
		zips[name], err = os.ReadFile(filepath.Join(program, "lambda", "store-order.zip"))
		require.NoError(t, err)

		log.Reset()
		require.NoError(t, run(t.Context(), []string{"-o", "lambda", "-arch", "local", "store-order"}, &log))
		require.Contains(t, log.String(), "0 of them changed")
	}
	for name, content := range zips {
		z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		require.NoError(t, err, name)
		require.Len(t, z.File, 1)
		require.Equal(t, "bootstrap", z.File[0].Name)
		require.Equal(t, os.FileMode(0o755), z.File[0].Mode())
	}
}

func TestBadArgumentsAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-o: a folder for the zips is required"},
		{[]string{"-o", "x", "-arch", "mips"}, `-arch "mips": must be arm64, x86_64 or local`},
		{[]string{"-o", "x", "../x"}, `function "../x": a name such as store-order is expected, or a path such as ./functions/resize`},
		{[]string{"-o", "x", "store-order", "./x"}, "functions of github.com/order-patterns/order-patterns, not both"},
		{[]string{"-o", t.TempDir(), "no-such-function"}, "building the functions: "},
	} {
		require.ErrorContains(t, run(t.Context(), c.args, &bytes.Buffer{}), c.want)
	}
	t.Chdir(t.TempDir())
	require.ErrorContains(t, run(t.Context(), []string{"-o", "x"}, &bytes.Buffer{}), "the working directory must be in a module that requires it")
}
