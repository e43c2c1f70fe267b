package permission

// covers returns whether a pattern matches everything that another pattern matches. In both, * stands for any text and ? for
// any character: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func covers(wide, narrow string) bool {
	switch {
	case wide == "":
		return narrow == ""
	case wide[0] == '*':
		return covers(wide[1:], narrow) || narrow != "" && covers(wide, narrow[1:])
	case narrow == "" || narrow[0] == '*':
		return false
	case wide[0] == '?' || wide[0] == narrow[0]:
		return covers(wide[1:], narrow[1:])
	default:
		return false
	}
}

// overlap returns whether some text matches both patterns.
func overlap(a, b string) bool {
	switch {
	case a == "" && b == "":
		return true
	case a != "" && a[0] == '*':
		return overlap(a[1:], b) || b != "" && overlap(a, b[1:])
	case b != "" && b[0] == '*':
		return overlap(a, b[1:]) || a != "" && overlap(a[1:], b)
	case a == "" || b == "":
		return false
	default:
		return (a[0] == b[0] || a[0] == '?' || b[0] == '?') && overlap(a[1:], b[1:])
	}
}

// set is the values that match a pattern, or, as Except, all but those that match one of several: NotAction, NotResource.
type set struct {
	Pattern string
	Except  []string
}

func (s set) all() bool { return s.Pattern == "*" }

// covers returns whether each value of another set is in this one.
func (s set) covers(o set) bool {
	switch {
	case s.all():
		return true
	case s.Except == nil && o.Except == nil:
		return covers(s.Pattern, o.Pattern)
	case s.Except == nil:
		return false // all but some values are more than a pattern matches, except for *
	case o.Except == nil:
		for _, e := range s.Except {
			if overlap(e, o.Pattern) {
				return false
			}
		}
		return true
	default:
		for _, e := range s.Except {
			if !anyCovers(o.Except, e) {
				return false
			}
		}
		return true
	}
}

func anyCovers(patterns []string, p string) bool {
	for _, wide := range patterns {
		if covers(wide, p) {
			return true
		}
	}
	return false
}
