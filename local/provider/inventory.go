package provider

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// Resource is a resource that was deployed through the provider.
type Resource struct {
	URN  string
	Type string // such as aws:sqs/queue:Queue
	Name string // in the program
	ID   string
	// Component is the type of the outermost component around it, such as order-patterns:components:FanOut. Empty if there is none.
	Component string
	// Properties are the outputs after the last create or update. Callers must not change them.
	Properties map[string]any
}

// Text returns a string of the properties by its path, or "".
func (r Resource) Text(path ...string) string {
	var v any = r.Properties
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	s, _ := v.(string)
	return s
}

// inventory is what the provider has created, updated and not deleted.
type inventory struct {
	mu        sync.Mutex
	resources map[[2]string]Resource // by URN and id: a resource and its replacement exist at the same time
	changes   int
}

func (i *inventory) put(text, id string, state resource.PropertyMap) {
	u := urn.URN(text)
	outermost, _, nested := strings.Cut(string(u.QualifiedType()), urn.TypeDelimiter)
	if !nested {
		outermost = ""
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.resources[[2]string{text, id}] = Resource{text, string(u.Type()), u.Name(), id, outermost, state.Mappable()}
	i.changes++
}

func (i *inventory) remove(urn, id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.resources, [2]string{urn, id})
	i.changes++
}

// Resources returns what is deployed, sorted by URN and id, and a number that grows with each change of it.
func (s *Server) Resources() (all []Resource, changes int) {
	s.inventory.mu.Lock()
	defer s.inventory.mu.Unlock()
	for _, r := range s.inventory.resources {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Resource) int { return cmp.Or(cmp.Compare(a.URN, b.URN), cmp.Compare(a.ID, b.ID)) })
	return all, s.inventory.changes
}

// Changes returns the number that Resources returns.
func (s *Server) Changes() int {
	s.inventory.mu.Lock()
	defer s.inventory.mu.Unlock()
	return s.inventory.changes
}
