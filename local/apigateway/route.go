package apigateway

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// anyMethod is the verb of a method that takes every verb without a method of its own.
const anyMethod = "ANY"

// resource is one path of an API, a node of the tree that requests are routed by. As in API Gateway, a segment is
// looked for by its name first, then as a {variable}, then as the rest of the path, {variable+}.
type resource struct {
	id       string
	path     string // "/order/{orderId}"
	methods  map[string]*method
	static   map[string]*resource
	variable *resource
	rest     *resource
	name     string // of the variable that this resource stands for; empty if it is static
}

func newResource(apiID, path string) *resource {
	sum := sha256.Sum256([]byte(apiID + path))
	id := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))
	size := 6
	if path == "/" {
		size = 10
	}
	return &resource{id: id[:size], path: path, methods: map[string]*method{}, static: map[string]*resource{}}
}

var segmentPattern = regexp.MustCompile(`^([A-Za-z0-9._,:-]+|\{[A-Za-z0-9._-]+\+?\})$`)

// add returns the resource of a path below r, the root, making what is missing.
func (r *resource) add(apiID, path string) (*resource, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("must begin with /")
	}
	at, so := r, ""
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if segment == "" {
			continue
		}
		so += "/" + segment
		if !segmentPattern.MatchString(segment) {
			return nil, fmt.Errorf("resource's path part %q must be of a-zA-Z0-9._-:, or one variable in braces", segment)
		}
		if at.name != "" && strings.HasSuffix(at.path, "+}") {
			return nil, fmt.Errorf("nothing can follow a variable that takes the rest of the path")
		}
		next, err := at.child(segment)
		if err != nil {
			return nil, err
		}
		if *next == nil {
			*next = newResource(apiID, so)
			(*next).name = strings.TrimSuffix(strings.Trim(segment, "{}"), "+")
		}
		if !strings.HasPrefix(segment, "{") {
			(*next).name = ""
			at.static[segment] = *next
		}
		at = *next
	}
	return at, nil
}

func (r *resource) child(segment string) (**resource, error) {
	if !strings.HasPrefix(segment, "{") {
		next := r.static[segment]
		return &next, nil
	}
	place := &r.variable
	if strings.HasSuffix(segment, "+}") {
		place = &r.rest
	}
	if have := *place; have != nil && !strings.HasSuffix(have.path, "/"+segment) {
		return nil, fmt.Errorf("a sibling of %s already has a variable path part -- only one is allowed", segment)
	}
	return place, nil
}

// find returns the resource for the segments of a request's path and the values of its variables, decoded; nil if
// there is none with a method.
func (r *resource) find(segments []string, values map[string]string) *resource {
	if len(segments) == 0 {
		if len(r.methods) == 0 {
			return nil
		}
		return r
	}
	value, err := url.PathUnescape(segments[0])
	if err != nil {
		return nil
	}
	if next := r.static[value]; next != nil {
		if found := next.find(segments[1:], values); found != nil {
			return found
		}
	}
	if value == "" {
		return nil
	}
	if r.variable != nil {
		if found := r.variable.find(segments[1:], values); found != nil {
			values[r.variable.name] = value
			return found
		}
	}
	if r.rest != nil && len(r.rest.methods) > 0 {
		if all, err := url.PathUnescape(strings.Join(segments, "/")); err == nil {
			values[r.rest.name] = all
			return r.rest
		}
	}
	return nil
}

// method returns the method for a verb, or the one for any.
func (r *resource) method(verb string) *method {
	if m := r.methods[verb]; m != nil {
		return m
	}
	return r.methods[anyMethod]
}
