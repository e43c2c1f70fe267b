package components_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// cacheFolder sets a cache folder for the test, to which zips are extracted.
func cacheFolder(t *testing.T) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache) // Linux
	t.Setenv("HOME", cache)           // macOS
	return cache
}

func extracted(t *testing.T, cache, name string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(cache, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == name {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func TestZipsThatAreNotFilesAreExtractedOnce(t *testing.T) {
	cache := cacheFolder(t)
	folder := packages(t, elf.EM_AARCH64)
	deployIt := func() {
		c := fanOut(t, func(args *components.FanOutArgs) {
			args.Common = components.Common{Zips: os.DirFS(folder)}
			args.Authorizer = tokens // the API in the component has the authorizer's function
		})
		c.find(t, functionType, "fanout-store-order")
		c.find(t, functionType, "fanout-api-authorize-caller")
	}
	deployIt()
	first := extracted(t, cache, "store-order.zip")
	require.Len(t, first, 1)
	before, err := os.Stat(first[0])
	require.NoError(t, err)
	deployIt()
	after, err := os.Stat(first[0])
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "the zip must not be written again")
	require.Empty(t, extracted(t, cache, "check-stock.zip"), "only what the component needs is extracted")

	require.NoError(t, os.Truncate(first[0], 10))
	deployIt()
	whole, err := os.Stat(first[0])
	require.NoError(t, err)
	require.Equal(t, before.Size(), whole.Size(), "a zip that is not whole must be replaced")
}

func TestZipsThatLackAPackageAreRefused(t *testing.T) {
	cacheFolder(t)
	refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{
		Common: components.Common{Zips: os.DirFS(t.TempDir())}, Authorizer: open, Orders: &components.FanOutOrders{},
	}, []string{"Common.Packages: no package store-order.zip in the zips"})
}

func TestZipsAndAFolderAreRefused(t *testing.T) {
	cacheFolder(t)
	folder := packages(t, elf.EM_AARCH64)
	refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{
		Common: components.Common{Zips: os.DirFS(folder), Packages: folder}, Authorizer: open, Orders: &components.FanOutOrders{},
	}, []string{"Common.Zips: is accepted only without Packages"})
}
