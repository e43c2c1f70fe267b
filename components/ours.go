package components

import (
	"maps"
	"slices"
	"strings"
)

// sizes are the default sizes of the built-in functions, by the names of their packages.
var sizes = map[string]Size{
	"publish-order": IntakeSize, "store-order": WorkerSize, "write-invoice": InvoiceSize,
	"append-order": IntakeSize, "project-order": WorkerSize, "invoice-order": WorkerSize,
	"store-order-task": TaskSize, "write-invoice-task": TaskSize, "take-back-order-task": TaskSize,
	"get-order": ReadSize, "get-invoice": ReadSize,
	"capture-order": IntakeSize, "get-order-status": IntakeSize, "update-account": IntakeSize, "update-stock": IntakeSize,
	"check-balance": TaskSize, "check-stock": TaskSize, "relay-order": TaskSize, "update-order": UpdateSize, "ship-order": ShipSize,
}

// functions are the functions of a component, by name.
type functions map[string]Function

// resolveOurs validates the changes to the built-in functions. It returns the functions with all of these names.
func resolveOurs(v *validator, path string, changes map[string]Function, names []string) functions {
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if !slices.Contains(names, name) {
			v.addf(path, "unknown function %q, must be one of %s", name, strings.Join(names, ", "))
		}
	}
	v.taken("a table of Orders", "orders", "accounts", "stock")
	all := functions{}
	for _, name := range names {
		at := path + "." + name
		v.function(at, name)
		all[name] = changes[name].resolve(v, at, sizes[name])
	}
	return all
}

// packaged returns the names of the functions that are built-in.
func (fs functions) packaged() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fs)) {
		if !fs[name].own() {
			names = append(names, name)
		}
	}
	return names
}
