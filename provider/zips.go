package provider

import (
	"cmp"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"

	"github.com/order-patterns/order-patterns/components"
)

// zips are the zips of the built-in functions, in a folder for each architecture.
type zips struct {
	fs.FS
	// host says that functions run on this machine.
	host bool
}

// hostZips is the folder with the zips for the plugin's own platform, if that is not Linux.
const hostZips = "host"

// architectures are Lambda's names of Go's architectures.
var architectures = map[string]string{"amd64": components.X8664, "arm64": components.ARM64}

// folder returns the folder of the zips for an architecture, or for the default one.
func (z zips) folder(architecture string) string {
	switch {
	case !z.host:
		return cmp.Or(architecture, components.ARM64)
	case runtime.GOOS != "linux":
		return hostZips
	}
	return architectures[runtime.GOARCH]
}

// addTo sets the built-in zips in a component's arguments, unless they name a folder.
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
	if err != nil { // a name that no folder can have; the component refuses it too
		return fmt.Errorf("common.architecture: there is no %q", common.Architecture)
	}
	common.Zips = folder
	return nil
}
