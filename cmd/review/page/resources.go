package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/cmd/review/permission"
)

func (p *printer) risks(risks []change.Risk) {
	if len(risks) == 0 {
		return
	}
	p.heading("Data at risk")
	protectable := false
	for _, r := range risks {
		protectable = protectable || r.Kind == "table" || r.Kind == "bucket"
		switch {
		case r.Replaced && len(r.Reasons) > 0:
			p.line("- **%s `%s` is replaced**, because %s cannot change in place. Lost: %s.", capital(r.Kind), r.Name, names(r.Reasons), r.Lost)
		case r.Replaced:
			p.line("- **%s `%s` is replaced.** Lost: %s.", capital(r.Kind), r.Name, r.Lost)
		default:
			p.line("- **%s `%s` is removed.** Lost: %s.", capital(r.Kind), r.Name, r.Lost)
		}
	}
	if protectable {
		p.line("")
		p.line("In a stack with `deleteData: false`, tables and buckets are protected: the deployment stops there before it deletes one.")
	}
}

func (p *printer) changes(c change.Changes) {
	p.heading("Resources")
	if c.Empty() {
		p.line("No change.")
		return
	}
	p.list("Replaced", items(c.Replaced, replacedItem))
	p.list("Changed", items(c.Changed, changedItem))
	p.list("Added", items(c.Added, func(r change.Resource) item { return item{r.Kind, r.Name, initial(r.Inputs)} }))
	p.list("Removed", items(c.Removed, func(r change.Resource) item { return item{r.Kind, r.Name, nil} }))
	if len(c.Code) > 0 {
		p.line("**Code**: other code for %s: %s.", plural(len(c.Code), "function"), names(c.Code))
		p.line("")
	}
	if c.Follow > 0 {
		p.line("%s only in the name of something that is replaced.", follow(c.Follow))
		p.line("")
	}
}

// item is a resource in a list.
type item struct {
	kind, name string
	details    []string
}

func items[T any](list []T, of func(T) item) []item {
	var made []item
	for _, e := range list {
		made = append(made, of(e))
	}
	return made
}

func changedItem(c change.Changed) item {
	var details []string
	if c.Renamed != "" {
		details = append(details, "was called `"+c.Renamed+"`")
	}
	for i, property := range c.Properties {
		if i == detailLimit {
			details = append(details, fmt.Sprintf("and %s more", plural(len(c.Properties)-i, "difference")))
			break
		}
		if isPolicy(property) {
			details = append(details, "`"+root(property.Path)+"`: see the permissions")
			continue
		}
		details = append(details, property.String())
	}
	return item{c.Kind, c.Name, dedupe(details)}
}

func replacedItem(r change.Replaced) item {
	i := changedItem(r.Changed)
	if len(r.Reasons) > 0 {
		i.details = append([]string{"because of " + names(r.Reasons)}, i.details...)
	}
	return i
}

// detailLimit is how many properties of one resource are shown.
const detailLimit = 12

// isPolicy returns whether a property belongs to a policy document. The permissions say what its change means.
func isPolicy(p change.Property) bool {
	return slices.Contains([]string{"policy", "policyDocument", "assumeRolePolicy", "inlinePolicies"}, root(p.Path))
}

// root is the first key of a path.
func root(path string) string {
	first, _, _ := strings.Cut(strings.ReplaceAll(path, "[", "."), ".")
	return first
}

func follow(n int) string {
	if n == 1 {
		return "1 more resource changes"
	}
	return fmt.Sprintf("%d more resources change", n)
}

// initial are the properties of a new resource that are short and not a name or an address in the embedded cloud. Its permissions
// stand with the others.
func initial(inputs map[string]any) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		switch v := inputs[key].(type) {
		case string:
			if len(v) < 60 && key != "name" && key != "description" && !strings.Contains(v, "\n") && !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "http://127.0.0.1:") {
				list = append(list, fmt.Sprintf("`%s` %s", key, change.Text(v)))
			}
		case float64, bool, int:
			list = append(list, fmt.Sprintf("`%s` %s", key, change.Text(v)))
		}
	}
	return list
}

// list prints resources. Those of one kind that change in the same way are one line.
func (p *printer) list(title string, all []item) {
	if len(all) == 0 {
		return
	}
	p.line("**%s**", title)
	p.line("")
	slices.SortStableFunc(all, func(a, b item) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name))
	})
	for len(all) > 0 {
		first := all[0]
		same := []string{first.name}
		var rest []item
		for _, i := range all[1:] {
			if i.kind == first.kind && slices.Equal(i.details, first.details) {
				same = append(same, i.name)
			} else {
				rest = append(rest, i)
			}
		}
		all = rest
		what := first.kind + " `" + first.name + "`"
		if len(same) > 1 {
			what = plural(len(same), first.kind) + " (" + names(same) + ")"
		}
		switch {
		case len(first.details) == 0:
			p.line("- %s", what)
		case title == "Added" || len(first.details) == 1:
			p.line("- %s: %s", what, strings.Join(first.details, ", "))
		default:
			p.line("- %s", what)
			for _, d := range first.details {
				p.line("  - %s", d)
			}
		}
	}
	p.line("")
}

func (p *printer) outputs(added, removed []string) {
	if len(added) > 0 {
		p.line("**Outputs of the stack added**: %s.", names(added))
		p.line("")
	}
	if len(removed) > 0 {
		p.line("**Outputs of the stack removed**: %s. Who reads them breaks.", names(removed))
		p.line("")
	}
}

func (p *printer) permissions(differences []permission.Difference, unread []error) {
	p.heading("Permissions")
	if len(differences)+len(unread) == 0 {
		p.line("No change.")
	}
	for _, d := range differences {
		if d.Widening {
			p.line("- **%s**", d.Sentence)
		} else {
			p.line("- %s", d.Sentence)
		}
	}
	for _, err := range unread {
		p.line("- Not compared: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

func names(list []string) string { return "`" + strings.Join(list, "`, `") + "`" }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func dedupe(list []string) []string {
	var unique []string
	for _, s := range list {
		if !slices.Contains(unique, s) {
			unique = append(unique, s)
		}
	}
	return unique
}
