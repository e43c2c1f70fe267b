package lambda

import "time"

// configurationOutput is the member FunctionConfiguration of several answers.
type configurationOutput struct {
	FunctionName     string
	FunctionARN      string `json:"FunctionArn"`
	Runtime          string
	Role             string
	Handler          string
	CodeSize         int
	CodeSha256       string
	Description      string
	Timeout          int
	MemorySize       int
	LastModified     string
	Version          string
	RevisionID       string `json:"RevisionId"`
	State            string
	LastUpdateStatus string
	PackageType      string
	Architectures    []string
	EphemeralStorage struct{ Size int }
	TracingConfig    struct{ Mode string }
	LoggingConfig    loggingOutput
	Environment      *environmentOutput `json:",omitempty"`
}

type environmentOutput struct{ Variables map[string]string }

type loggingOutput struct {
	LogFormat           string
	LogGroup            string
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
}

func (r *revision) output() *configurationOutput {
	c := &r.config
	out := &configurationOutput{
		FunctionName: r.fn.name, FunctionARN: r.fn.arn(), Runtime: c.runtime, Role: c.role, Handler: c.handler,
		CodeSize: r.bundle.size, CodeSha256: r.bundle.sha256, Description: c.description,
		Timeout: int(c.timeout / time.Second), MemorySize: c.memory, LastModified: r.lastModified(), Version: latest,
		RevisionID: r.id, State: "Active", LastUpdateStatus: "Successful", PackageType: "Zip",
		Architectures: []string{hostArchitecture()},
		LoggingConfig: loggingOutput{LogFormat: "Text", LogGroup: c.logGroup},
	}
	out.EphemeralStorage.Size, out.TracingConfig.Mode = c.ephemeralStorage, c.tracing
	if c.jsonLogs {
		out.LoggingConfig = loggingOutput{"JSON", c.logGroup, c.application, c.system}
	}
	if len(c.variables) > 0 {
		out.Environment = &environmentOutput{c.variables}
	}
	return out
}
