package components_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// cloud stands in for the engine and AWS. It records what is registered, and answers with outputs that name the resource: arn:queue/NAME,
// https://queue/NAME, id:queue/NAME. The ARNs of state machines and keys are complete, because components parse them.
type cloud struct {
	mu         sync.Mutex
	registered map[string]pulumi.MockResourceArgs // by type and name: "aws:sqs/queue:Queue fanout-store-order"
	partition  string                             // aws, unless it is set
	region     string                             // eu-west-1, unless it is set
	calls      []string                           // the functions that were called
}

func (c *cloud) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.registered == nil {
		c.registered = map[string]pulumi.MockResourceArgs{}
	}
	key := args.TypeToken + " " + args.Name
	if _, twice := c.registered[key]; twice {
		return "", nil, fmt.Errorf("%s is registered twice", key)
	}
	c.registered[key] = args

	kind := strings.ToLower(args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:])
	from := kind + "/" + args.Name
	state := args.Inputs.Copy()
	outputs := map[string]string{"arn": "arn:" + from, "url": "https://" + from, "name": "name:" + from}
	switch kind {
	case "bucketv2":
		outputs["bucket"] = "name:" + from
	case "function":
		outputs["invokeArn"] = "invoke:" + from
	case "restapi":
		outputs["executionArn"] = "arn:" + from
	case "statemachine":
		outputs["arn"] = strings.Replace(machine(args.Name), "aws", cmp.Or(c.partition, "aws"), 1)
	case "domainname":
		outputs["regionalDomainName"], outputs["regionalZoneId"] = "regional:"+from, "zone:"+from
	case "record":
		outputs["fqdn"] = "fqdn:" + from
	case "key":
		outputs["arn"] = "arn:" + cmp.Or(c.partition, "aws") + ":kms:eu-west-1:123456789012:key/" + args.Name
	case "stage":
		outputs["invokeUrl"] = "https://" + from
	}
	for name, value := range outputs {
		if _, given := state[resource.PropertyKey(name)]; !given {
			state[resource.PropertyKey(name)] = resource.NewStringProperty(value)
		}
	}
	return "id:" + from, state, nil
}

// machine returns the ARN of a state machine.
func machine(name string) string { return "arn:aws:states:eu-west-1:123456789012:stateMachine:" + name }

// Call returns the cloud's partition, Region and account.
func (c *cloud) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, args.Token)
	return resource.NewPropertyMapFromMap(map[string]any{
		"partition": cmp.Or(c.partition, "aws"), "name": cmp.Or(c.region, "eu-west-1"), "accountId": "123456789012",
	}), nil
}

// run runs a program.
func (c *cloud) run(program pulumi.RunFunc) error {
	return pulumi.RunErr(program, pulumi.WithMocks("project", "stack", c))
}

// find returns a registration. It fails the test if there is none.
func (c *cloud) find(t *testing.T, typ, name string) pulumi.MockResourceArgs {
	t.Helper()
	r, ok := c.registered[typ+" "+name]
	require.True(t, ok, "no %s named %s", typ, name)
	return r
}

// inputs returns the inputs of a registration as plain values.
func (c *cloud) inputs(t *testing.T, typ, name string) map[string]any {
	t.Helper()
	return c.find(t, typ, name).Inputs.Mappable()
}

// document parses an input that holds JSON.
func (c *cloud) document(t *testing.T, typ, name, input string) map[string]any {
	t.Helper()
	text, ok := c.inputs(t, typ, name)[input].(string)
	require.True(t, ok, "%s of %s", input, name)
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	return doc
}

// dependencies returns the names of the dependencies of a resource, each with its kind: "queuepolicy/NAME".
func (c *cloud) dependencies(t *testing.T, typ, name string) []string {
	t.Helper()
	var list []string
	for _, urn := range c.find(t, typ, name).RegisterRPC.GetDependencies() {
		u := resource.URN(urn)
		list = append(list, strings.ToLower(u.Type().Name().String())+"/"+u.Name())
	}
	return list
}

// functions are the functions of each pattern, which is deployed under its config name.
var functions = map[string][]string{
	"fanout":       {"publish-order", "store-order", "write-invoice", "get-order", "get-invoice"},
	"orchestrator": {"store-order-task", "write-invoice-task", "take-back-order-task", "get-order", "get-invoice"},
	"checker": {
		"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
		"relay-order",
	},
	"eventstream": {"append-order", "project-order", "invoice-order", "get-order", "get-invoice"},
}

// authorizeCaller is the function that verifies tokens. Each API that requires tokens has one.
const authorizeCaller = "authorize-caller"

// zips returns the names of the functions' packages.
func zips() []string {
	return append(slices.Concat(slices.Collect(maps.Values(functions))...), authorizeCaller)
}

// The authorizers of the tests.
var (
	open   = components.NoAuthorizer()
	signed = components.IamAuthorizer()
	tokens = components.JwtAuthorizer(pulumi.String("https://login.example.com/"), pulumi.String("orders"))
)

// authorizers has one authorizer of each kind.
var authorizers = map[string]components.Authorizer{"none": open, "iam": signed, "jwt": tokens}

// packages writes a zip for each function, and returns the folder.
func packages(t *testing.T, machine elf.Machine) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range zips() {
		writePackage(t, folder, name, "bootstrap", 0o755, executable(machine))
	}
	return folder
}

// executable returns the header of a Linux executable, which contains its architecture.
func executable(machine elf.Machine) []byte {
	header := append([]byte(elf.ELFMAG), make([]byte, 60)...)
	binary.LittleEndian.PutUint16(header[18:], uint16(machine))
	return header
}

func writePackage(t *testing.T, folder, name, file string, mode os.FileMode, content []byte) {
	t.Helper()
	require.NoError(t, zipFile(filepath.Join(folder, name+".zip"), file, mode, content))
}

func zipFile(path, file string, mode os.FileMode, content []byte) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: file, Method: zip.Deflate}
	h.SetMode(mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// exampleFolder has the packages of the examples. Examples have no t.TempDir.
var exampleFolder string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if exampleFolder, err = os.MkdirTemp("", "packages"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(exampleFolder)
		return m.Run()
	}())
}

func examplePackages() string {
	for _, name := range zips() {
		if err := zipFile(filepath.Join(exampleFolder, name+".zip"), "bootstrap", 0o755, executable(elf.EM_AARCH64)); err != nil {
			panic(err)
		}
	}
	return exampleFolder
}

// exampleCode returns the zip of an own function.
func exampleCode(name string) pulumi.Archive {
	path := filepath.Join(exampleFolder, name+".zip")
	if err := zipFile(path, "bootstrap", 0o755, executable(elf.EM_AARCH64)); err != nil {
		panic(err)
	}
	return pulumi.NewFileArchive(path)
}

func exampleRun(program pulumi.RunFunc) error { return (&cloud{}).run(program) }

// target returns a function as the target of a route.
func target(fn *lambda.Function) *components.FunctionTarget {
	return &components.FunctionTarget{Name: fn.Name, InvokeArn: fn.InvokeArn}
}

// fanOut deploys a FanOut named fanout. edit, if not nil, changes its arguments.
func fanOut(t *testing.T, edit func(*components.FanOutArgs)) *cloud {
	t.Helper()
	return deploy(t, components.NewFanOut, "fanout", &components.FanOutArgs{Authorizer: open, Common: inFolder(t), Orders: &components.FanOutOrders{}}, edit)
}

// orchestrator deploys an Orchestrator named orchestrator. edit, if not nil, changes its arguments.
func orchestrator(t *testing.T, edit func(*components.OrchestratorArgs)) *cloud {
	t.Helper()
	return deploy(t, components.NewOrchestrator, "orchestrator", &components.OrchestratorArgs{Authorizer: open, Common: inFolder(t), Orders: &components.OrchestratorOrders{}}, edit)
}

// eventStream deploys an EventStream named eventstream. edit, if not nil, changes its arguments.
func eventStream(t *testing.T, edit func(*components.EventStreamArgs)) *cloud {
	t.Helper()
	return deploy(t, components.NewEventStream, "eventstream", &components.EventStreamArgs{Authorizer: open, Common: inFolder(t), Orders: &components.EventStreamOrders{}}, edit)
}

// checkerPipeline deploys a CheckerPipeline named checker. edit, if not nil, changes its arguments.
func checkerPipeline(t *testing.T, edit func(*components.CheckerPipelineArgs)) *cloud {
	t.Helper()
	return deploy(t, components.NewCheckerPipeline, "checker", &components.CheckerPipelineArgs{Authorizer: open, Common: inFolder(t), Orders: &components.CheckerPipelineOrders{}}, edit)
}

// inFolder returns common arguments with a folder of new packages.
func inFolder(t *testing.T) components.Common {
	t.Helper()
	return components.Common{Packages: packages(t, elf.EM_AARCH64)}
}

// common are the arguments that every pattern has, except Packages.
type common struct {
	components.Common
	api  components.ApiSettings
	auth components.Authorizer // open if it is not set
}

// set sets the arguments of a pattern.
func (c common) set(all *components.Common, api *components.ApiSettings, auth *components.Authorizer) {
	c.Packages = all.Packages
	*all, *api = c.Common, c.api
	if c.auth.Kind != "" {
		*auth = c.auth
	}
}

// each runs a test against every pattern, deployed under its config name.
func each(t *testing.T, args common, test func(t *testing.T, name string, c *cloud)) {
	t.Helper()
	eachCoffeePattern(t, args, test)
	t.Run("checker", func(t *testing.T) {
		test(t, "checker", checkerPipeline(t, func(a *components.CheckerPipelineArgs) { args.set(&a.Common, &a.Api, &a.Authorizer) }))
	})
}

// eachCoffeePattern runs a test against each coffee pattern, deployed under its config name.
func eachCoffeePattern(t *testing.T, args common, test func(t *testing.T, name string, c *cloud)) {
	t.Helper()
	t.Run("fanout", func(t *testing.T) {
		test(t, "fanout", fanOut(t, func(a *components.FanOutArgs) { args.set(&a.Common, &a.Api, &a.Authorizer) }))
	})
	t.Run("orchestrator", func(t *testing.T) {
		test(t, "orchestrator", orchestrator(t, func(a *components.OrchestratorArgs) { args.set(&a.Common, &a.Api, &a.Authorizer) }))
	})
	t.Run("eventstream", func(t *testing.T) {
		test(t, "eventstream", eventStream(t, func(a *components.EventStreamArgs) { args.set(&a.Common, &a.Api, &a.Authorizer) }))
	})
}
