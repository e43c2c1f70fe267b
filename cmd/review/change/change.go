package change

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Step is what the provider would do to one resource.
type Step struct {
	// Op is that of Pulumi: create, update, replace, delete, create-replacement, delete-replaced, ...
	Op string
	// URN is the resource's. OldURN is another one if the program renames the resource with an alias.
	URN, OldURN string
	// Reasons are the properties that make a replacement necessary.
	Reasons []string
}

// Changed is a resource that exists before and after.
type Changed struct {
	Resource
	Properties []Property
	Renamed    string // its name before, if that was another
}

// Replaced is a resource that is deleted, while another one takes its place.
type Replaced struct {
	Changed
	Reasons []string
}

// Changes is how two deployments differ.
type Changes struct {
	Added, Removed []Resource
	Changed        []Changed
	Replaced       []Replaced
	// Code are the names of the functions whose code is another one.
	Code []string
	// Follow is how many resources change only in the name or the address of a resource that is replaced.
	Follow int
}

// Empty returns whether nothing differs.
func (c Changes) Empty() bool {
	return len(c.Added)+len(c.Removed)+len(c.Changed)+len(c.Replaced)+len(c.Code)+c.Follow == 0
}

// observing are types of resources that orders do not run through.
var observing = []string{
	"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:cloudwatch/dashboard:Dashboard",
	"aws:cloudwatch/queryDefinition:QueryDefinition",
}

// Touches returns whether something differs that orders of a pattern run through. The names of its resources begin with its own. A
// resource that changes only in the name of another one belongs to the pattern of that one.
func (c Changes) Touches(pattern string) bool {
	of := func(name string) bool { return name == pattern || strings.HasPrefix(name, pattern+"-") }
	touched := func(r Resource) bool { return of(r.Name) && !slices.Contains(observing, r.Type) }
	return slices.ContainsFunc(c.Added, touched) || slices.ContainsFunc(c.Removed, touched) || slices.ContainsFunc(c.Code, of) ||
		slices.ContainsFunc(c.Changed, func(r Changed) bool { return touched(r.Resource) }) ||
		slices.ContainsFunc(c.Replaced, func(r Replaced) bool { return touched(r.Resource) })
}

// Compare returns how after differs from before. The steps are the provider's, from before to after.
func Compare(before, after []Resource, steps []Step) Changes {
	old := map[string]Resource{}
	for _, r := range before {
		old[r.URN] = r
	}
	plan := map[string]Step{}
	for _, s := range steps {
		// A replacement has several steps, and the one that gives the reasons may be any of them.
		merged := plan[s.URN]
		if merged.URN == "" {
			merged = s
		}
		if strings.Contains(s.Op, "replac") {
			merged.Op = "replace"
		}
		if len(s.Reasons) > 0 {
			merged.Reasons = slices.Sorted(slices.Values(s.Reasons))
		}
		plan[s.URN] = merged
	}
	var c Changes
	for _, r := range after {
		step := plan[r.URN]
		was, known := old[r.URN]
		if !known && step.OldURN != "" {
			was, known = old[step.OldURN]
		}
		if !known {
			if !isCode(r) {
				c.Added = append(c.Added, r)
			}
			continue
		}
		delete(old, was.URN)
		c.compare(was, r, step)
	}
	for _, r := range before {
		if _, gone := old[r.URN]; gone && !isCode(r) {
			c.Removed = append(c.Removed, r)
		}
	}
	slices.Sort(c.Code)
	return c
}

// compare adds how one resource differs.
func (c *Changes) compare(was, is Resource, step Step) {
	if isCode(is) {
		return // the function changes too
	}
	properties := Properties(was.Inputs, is.Inputs)
	if is.Type == "aws:lambda/function:Function" && slices.ContainsFunc(properties, func(p Property) bool { return codeProperties[p.Path] }) {
		c.Code = append(c.Code, is.Name)
		properties = slices.DeleteFunc(properties, func(p Property) bool { return codeProperties[p.Path] })
		if len(properties) == 0 && step.Op != "replace" {
			return
		}
	}
	changed := Changed{Resource: is, Properties: properties}
	if was.Name != is.Name {
		changed.Renamed = was.Name
	}
	switch {
	case step.Op == "replace":
		c.Replaced = append(c.Replaced, Replaced{Changed: changed, Reasons: step.Reasons})
	case len(properties) > 0 || changed.Renamed != "":
		c.Changed = append(c.Changed, changed)
	case step.Op == "update":
		c.Follow++
	}
}

// codeProperties say where the code of a function is.
var codeProperties = map[string]bool{"code": true, "s3Key": true, "s3ObjectVersion": true, "sourceCodeHash": true}

// isCode returns whether a resource is a zip in the bucket from which Lambda reads it.
func isCode(r Resource) bool {
	return strings.HasPrefix(r.Type, "aws:s3/bucketObject") && strings.HasSuffix(r.Name, "-code")
}

// Risk is a resource whose data is lost.
type Risk struct {
	Resource
	// Replaced is set if an empty one takes its place.
	Replaced bool
	// Reasons are the properties that make the replacement necessary.
	Reasons []string
	// Lost is what is lost with it.
	Lost string
}

// data is what resources of a type hold.
var data = map[string]string{
	"aws:dynamodb/table:Table":          "its items",
	"aws:s3/bucketV2:BucketV2":          "its objects",
	"aws:s3/bucket:Bucket":              "its objects",
	"aws:kinesis/stream:Stream":         "its records, and the readers' positions in it",
	"aws:sqs/queue:Queue":               "its messages",
	"aws:kms/key:Key":                   "what is encrypted with it",
	"aws:cloudwatch/logGroup:LogGroup":  "its log lines",
	"aws:sfn/stateMachine:StateMachine": "the history of its executions",
}

// Risks returns the resources whose data is lost.
func (c Changes) Risks() []Risk {
	var list []Risk
	for _, r := range c.Replaced {
		if lost := data[r.Type]; lost != "" {
			list = append(list, Risk{Resource: r.Resource, Replaced: true, Reasons: r.Reasons, Lost: lost})
		}
	}
	for _, r := range c.Removed {
		if lost := data[r.Type]; lost != "" {
			list = append(list, Risk{Resource: r, Lost: lost})
		}
	}
	return list
}

// Outputs returns how the outputs of the stack differ, by their paths. Values are not compared: they are addresses.
func Outputs(before, after []apitype.ResourceV3) (added, removed []string) {
	old, new := outputs(before), outputs(after)
	for p := range new {
		if !old[p] {
			added = append(added, p)
		}
	}
	for p := range old {
		if !new[p] {
			removed = append(removed, p)
		}
	}
	slices.Sort(added)
	slices.Sort(removed)
	return added, removed
}

func outputs(state []apitype.ResourceV3) map[string]bool {
	paths := map[string]bool{}
	for _, r := range state {
		if r.Type == "pulumi:pulumi:Stack" {
			collect("", r.Outputs, paths)
		}
	}
	return paths
}

func collect(path string, v any, paths map[string]bool) {
	m, ok := v.(map[string]any)
	if _, special := m[signature]; !ok || special {
		paths[path] = true
		return
	}
	for k, e := range m {
		collect(join(path, k), e, paths)
	}
}
