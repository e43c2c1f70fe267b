package meter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Resource is a resource of a stack.
type Resource struct {
	Type string // of Pulumi, such as aws:sqs/queue:Queue
	Name string // in the program
	ID   string // empty before it is created
	// Properties are the outputs, or the inputs of a resource that is not created.
	Properties map[string]any
}

// ReadState reads the resources of a stack: what `pulumi stack export` prints, or the file of a local backend.
func ReadState(state []byte) ([]Resource, error) {
	type resources []struct {
		URN, Type, ID   string
		Inputs, Outputs map[string]any
		Delete          bool
	}
	var file struct {
		Deployment struct{ Resources resources }
		Checkpoint struct {
			Latest struct{ Resources resources }
		}
	}
	if err := json.Unmarshal(state, &file); err != nil {
		return nil, fmt.Errorf("reading the state of the stack: %w", err)
	}
	var all []Resource
	for _, r := range append(file.Deployment.Resources, file.Checkpoint.Latest.Resources...) {
		if !strings.HasPrefix(r.Type, "aws:") || r.Delete {
			continue
		}
		properties := r.Outputs
		if properties == nil {
			properties = r.Inputs
		}
		all = append(all, Resource{r.Type, r.URN[strings.LastIndex(r.URN, "::")+2:], r.ID, properties})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the state of the stack has no resources of AWS")
	}
	return all, nil
}

// OfComponent returns the resources whose name is that of a component or begins with it.
func OfComponent(all []Resource, name string) []Resource {
	return slices.DeleteFunc(slices.Clone(all), func(r Resource) bool { return r.Name != name && !strings.HasPrefix(r.Name, name+"-") })
}

// is tells whether the type is that of a service's resource, such as sqs/queue.
func (r *Resource) is(kind string) bool { return strings.HasPrefix(r.Type, "aws:"+kind+":") }

func (r *Resource) text(property string) string {
	s, _ := r.Properties[property].(string)
	return s
}

func (r *Resource) number(property string) float64 {
	n, _ := r.Properties[property].(float64)
	return n
}

// name is the name in AWS.
func (r *Resource) name() string {
	if name := r.text("name"); name != "" {
		return name
	}
	return r.ID
}

// onDemand is true of a stream or table that is paid by use.
func (r *Resource) onDemand() bool {
	mode, _ := r.Properties["streamModeDetails"].(map[string]any)
	return r.text("billingMode") == "PAY_PER_REQUEST" || mode["streamMode"] == "ON_DEMAND"
}

// polls is true of a mapping that receives from a queue. One of a stream has a position to start at.
func (r *Resource) polls() bool {
	return r.is("lambda/eventSourceMapping") && r.text("startingPosition") == "" && r.Properties["enabled"] != false
}
