package permission

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Difference is a permission that is gained or lost.
type Difference struct {
	// Widening is set if more is allowed than before: an Allow that was not there, or a Deny that is gone.
	Widening bool
	// Sentence says it in Markdown, without emphasis.
	Sentence string
}

// Names says how a policy's resources and the holders of policies are called on the page.
type Names struct {
	// Resource names an ARN, with Markdown. nil leaves ARNs as they are.
	Resource func(arn string) string
	// Added and Removed say which holders are new, or no longer there. nil: none.
	Added, Removed func(Holder) bool
}

// Compare returns what is gained, and then what is lost, by holder. The entries of a resource must have the same ARN in both.
func Compare(before, after []Entry, names Names) []Difference {
	if names.Resource == nil {
		names.Resource = func(arn string) string { return "`" + arn + "`" }
	}
	none := func(Holder) bool { return false }
	if names.Added == nil {
		names.Added = none
	}
	if names.Removed == nil {
		names.Removed = none
	}
	gained := merge(missing(after, before), before)
	lost := merge(missing(before, after), after)
	var list []Difference
	var removed []Holder
	for _, g := range gained {
		list = append(list, Difference{Widening: !g.Deny, Sentence: g.sentence(names, true)})
	}
	for _, l := range lost {
		if h := l.Holder; names.Removed(h) {
			if !slices.Contains(removed, h) {
				removed = append(removed, h)
				list = append(list, Difference{Sentence: fmt.Sprintf("The %s `%s` is removed, with its policies.", h.Kind, h.Name)})
			}
			continue
		}
		list = append(list, Difference{Widening: l.Deny, Sentence: l.sentence(names, false)})
	}
	slices.SortStableFunc(list, func(a, b Difference) int {
		switch {
		case a.Widening == b.Widening:
			return 0
		case a.Widening:
			return -1
		default:
			return 1
		}
	})
	return list
}

// missing returns the entries that no other entry covers.
func missing(entries, others []Entry) []Entry {
	var list []Entry
	for i, e := range entries {
		covered := slices.ContainsFunc(others, func(o Entry) bool { return o.covers(e) })
		// Of entries of which one covers the other, the wide one says all. Of equal ones, the first does.
		for j, o := range entries {
			covered = covered || j != i && o.covers(e) && (!e.covers(o) || j < i)
		}
		if !covered {
			list = append(list, e)
		}
	}
	return list
}

// group is entries that differ in their actions or resources only.
type group struct {
	Entry
	actions, resources []set
	// other is what the other deployment has instead: less than what was gained, or less than what was lost.
	other []Entry
}

func (e Entry) key(parts ...any) string {
	return fmt.Sprint(e.Holder, e.Principal, e.Deny, e.Managed, e.Trust, e.Condition, parts)
}

// merge joins entries with the same resource, and then those with the same actions.
func merge(entries, others []Entry) []group {
	var byResource []group
	for _, e := range entries {
		var narrower []Entry
		for _, o := range others {
			if e.covers(o) {
				narrower = append(narrower, o)
			}
		}
		i := slices.IndexFunc(byResource, func(g group) bool { return g.key(g.Resource) == e.key(e.Resource) })
		if i < 0 {
			byResource = append(byResource, group{Entry: e, resources: []set{e.Resource}})
			i = len(byResource) - 1
		}
		byResource[i].actions = append(byResource[i].actions, e.Action)
		byResource[i].other = append(byResource[i].other, narrower...)
	}
	var groups []group
	for _, g := range byResource {
		i := slices.IndexFunc(groups, func(o group) bool { return o.key(o.actions) == g.key(g.actions) })
		if i < 0 {
			groups = append(groups, g)
			continue
		}
		groups[i].resources = append(groups[i].resources, g.resources...)
		groups[i].other = append(groups[i].other, g.other...)
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.Holder.Kind, b.Holder.Kind), cmp.Compare(a.Holder.Name, b.Holder.Name))
	})
	return groups
}

// sentence says what is gained or lost, and what there is instead in the other deployment.
func (g group) sentence(names Names, gained bool) string {
	var text strings.Builder
	holder := fmt.Sprintf("%s `%s`", g.Holder.Kind, g.Holder.Name)
	if names.Added(g.Holder) {
		holder = "new " + holder
	}
	who := "The " + holder
	if g.Principal != "" {
		who = capital(principalText(g.Principal))
	}
	verb := map[[2]bool]string{ // deny, gained
		{false, true}: "may now use", {false, false}: "may no longer use",
		{true, true}: "is now denied", {true, false}: "is no longer denied",
	}[[2]bool{g.Deny, gained}]
	switch {
	case g.Managed != "" && gained:
		fmt.Fprintf(&text, "%s has now the managed policy `%s`", who, g.Managed)
	case g.Managed != "":
		fmt.Fprintf(&text, "%s no longer has the managed policy `%s`", who, g.Managed)
	case g.Trust:
		verb = strings.TrimSuffix(verb, " use")
		if g.Deny {
			verb += " to"
		}
		fmt.Fprintf(&text, "%s %s assume the %s", who, verb, holder)
		if len(g.actions) != 1 || !strings.EqualFold(g.actions[0].Pattern, "sts:AssumeRole") {
			fmt.Fprintf(&text, " (%s)", actionsText(g.actions))
		}
	default:
		fmt.Fprintf(&text, "%s %s %s on %s", who, verb, actionsText(g.actions), resourcesText(g.resources, names))
	}
	if len(g.Condition) > 0 {
		text.WriteString(" if " + conditionText(g.Condition, names.value))
	}
	if instead := g.instead(names); instead != "" {
		text.WriteString(map[bool]string{true: "; before, only ", false: "; now only "}[gained] + instead)
	}
	return text.String() + "."
}

// instead describes how the other entries are narrower.
func (g group) instead(names Names) string {
	var who, actions, resources, conditions []string
	for _, o := range g.other {
		if o.Principal != g.Principal {
			who = append(who, principalText(o.Principal))
		}
		if !slices.ContainsFunc(g.actions, func(a set) bool { return o.Action.folded().covers(a.folded()) }) {
			actions = append(actions, actionsText([]set{o.Action}))
		}
		if !slices.ContainsFunc(g.resources, o.Resource.covers) {
			resources = append(resources, resourcesText([]set{o.Resource}, names))
		}
		if !weaker(o.Condition, g.Condition) {
			conditions = append(conditions, conditionText(o.Condition, names.value))
		}
	}
	var parts []string
	add := func(prefix, joint string, list []string) {
		if len(list) > 0 {
			slices.Sort(list)
			parts = append(parts, prefix+strings.Join(slices.Compact(list), joint))
		}
	}
	add("", " and ", who)
	add("", ", ", actions)
	add("on ", " and ", resources)
	add("if ", ", or if ", conditions)
	return strings.Join(parts, " ")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// value names a value of a condition. Only an ARN is a resource.
func (n Names) value(v string) string {
	if strings.HasPrefix(v, "arn:") {
		return n.Resource(v)
	}
	return "`" + v + "`"
}

func principalText(p string) string {
	switch {
	case p == everybody:
		return everybody
	case strings.HasSuffix(p, ".amazonaws.com"):
		return "the service `" + p + "`"
	case strings.HasPrefix(p, "arn:"):
		return "`" + p + "`"
	default:
		return "the account `" + p + "`"
	}
}

func actionsText(actions []set) string {
	var list []string
	for _, a := range actions {
		switch {
		case a.Except != nil:
			list = append(list, "every action but `"+strings.Join(a.Except, "`, `")+"`")
		case a.all():
			list = append(list, "every action (`*`)")
		default:
			list = append(list, "`"+a.Pattern+"`")
		}
	}
	return strings.Join(list, ", ")
}

func resourcesText(resources []set, names Names) string {
	var list []string
	for _, r := range resources {
		switch {
		case r.Except != nil:
			var but []string
			for _, e := range r.Except {
				but = append(but, names.Resource(e))
			}
			list = append(list, "every resource but "+strings.Join(but, " and "))
		case r.all():
			list = append(list, "every resource (`*`)")
		default:
			list = append(list, names.Resource(r.Pattern))
		}
	}
	return strings.Join(list, " and ")
}
