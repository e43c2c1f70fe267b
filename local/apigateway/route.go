package apigateway

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// verbs are those of the operations of a path, by their names in a document.
var verbs = map[string]string{
	"get": "GET", "put": "PUT", "post": "POST", "delete": "DELETE", "options": "OPTIONS", "head": "HEAD", "patch": "PATCH",
}

type resource struct {
	id       string
	path     string // "/order/{orderId}"
	segments []segment
	methods  map[string]*method
}

type segment struct {
	kind segmentKind
	name string // of the variable; its text if it is fixed
}

// segmentKind is a kind of segment. API Gateway compares a request with resources in this order.
type segmentKind int

const (
	fixedSegment    segmentKind = iota
	variableSegment             // {name}
	restSegment                 // {name+}, one or more segments
)

// resourceID is derived from the path and from the id of what it belongs to: the API for "/", else the resource "/".
func resourceID(parent, path string, length int) string {
	sum := sha256.Sum256([]byte(parent + path))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:length]
}

var segmentPattern = regexp.MustCompile(`^(?:[A-Za-z0-9._,:-]+|\{([A-Za-z0-9._-]+)(\+?)\})$`)

// addResource adds a path, and keeps the resources in the order in which requests are compared with them.
func (d *definition) addResource(path string) (*resource, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, errors.New("must begin with /")
	}
	res := &resource{methods: map[string]*method{}}
	for text := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if text == "" {
			continue
		}
		m := segmentPattern.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("resource's path part %q must be of a-zA-Z0-9._-:, or one variable in braces", text)
		}
		s := segment{fixedSegment, text}
		switch {
		case m[2] != "":
			s = segment{restSegment, m[1]}
		case m[1] != "":
			s = segment{variableSegment, m[1]}
		}
		if n := len(res.segments); n > 0 && res.segments[n-1].kind == restSegment {
			return nil, errors.New("nothing can follow a variable that takes the rest of the path")
		}
		if s.kind != fixedSegment {
			place := fmt.Sprint(res.path, s.kind)
			if other, ok := d.variables[place]; ok && other != s.name {
				return nil, fmt.Errorf("a sibling of %s/%s already has a variable path part -- only one is allowed", res.path, text)
			}
			d.variables[place] = s.name
		}
		res.path += "/" + text
		res.segments = append(res.segments, s)
	}
	res.id = resourceID(d.rootID, res.path, 6)
	if res.path == "" {
		res.path, res.id = "/", d.rootID
	}
	d.resources = append(d.resources, res)
	slices.SortStableFunc(d.resources, func(a, b *resource) int {
		return slices.CompareFunc(a.segments, b.segments, func(s, t segment) int { return cmp.Compare(s.kind, t.kind) })
	})
	return res, nil
}

// find returns the method for a request, and the values of the variables of its path, decoded. The path alone chooses
// the resource.
func (d *definition) find(verb, path string) (*method, map[string]string) {
	var parts []string
	if path != "/" {
		parts = strings.Split(path[1:], "/")
	}
	for _, res := range d.resources {
		if values, ok := res.match(parts); ok && len(res.methods) > 0 {
			return res.methods[verb], values
		}
	}
	return nil, nil
}

func (r *resource) match(parts []string) (values map[string]string, ok bool) {
	for i, s := range r.segments {
		if i == len(parts) {
			return nil, false
		}
		text := parts[i]
		if s.kind == restSegment && text != "" {
			text = strings.Join(parts[i:], "/")
			parts = parts[:i+1]
		}
		value, err := url.PathUnescape(text)
		if err != nil || value == "" || s.kind == fixedSegment && value != s.name {
			return nil, false
		}
		if s.kind != fixedSegment {
			if values == nil {
				values = map[string]string{}
			}
			values[s.name] = value
		}
	}
	return values, len(parts) == len(r.segments)
}
