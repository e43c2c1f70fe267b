package provider

import (
	"cmp"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"

	"github.com/order-patterns/order-patterns/components"
)

// zips are the zips of our functions, in a folder for each architecture.
type zips struct {
	fs.FS
	// host says that functions run on this machine.
	host bool
}

// hostZips is the folder with the zips for the plugin's own platform, where that is not Linux.
const hostZips = "host"

// architectures are Lambda's names of Go's.
var architectures = map[string]string{"amd64": components.X8664, "arm64": components.ARM64}

// folder is that of the zips for an architecture, or for the default one.
func (z zips) folder(architecture string) string {
	switch {
	case !z.host:
		return cmp.Or(architecture, components.ARM64)
	case runtime.GOOS != "linux":
		return hostZips
	}
	return architectures[runtime.GOARCH]
}

// addTo gives a component our zips, unless its arguments name a folder with others.
func (z zips) addTo(args any) error {
	field := reflect.ValueOf(args).Elem().FieldByName("Common")
	if !field.IsValid() {
		return nil
	}
	common := field.Addr().Interface().(*components.Common)
	if common.Packages != "" {
		return nil
	}
	folder, err := fs.Sub(z.FS, z.folder(common.Architecture))
	if err != nil { // of a name that no folder can have; the component would refuse it, too
		return fmt.Errorf("common.architecture: there is no %q", common.Architecture)
	}
	common.Zips = folder
	return nil
}
