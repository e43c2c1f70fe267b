package lambda

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// revision is a function's code and configuration from one update to the next, with the environments that run it.
type revision struct {
	fn       *function
	id       string
	args     FunctionArgs // as given
	config   config
	bundle   *bundle
	dir      string // where the bundle is unpacked
	modified time.Time
	pool     *pool
}

// config is a revision's configuration with AWS's defaults filled in.
type config struct {
	role, runtime, handler, description string
	memory                              int // MB
	ephemeralStorage                    int // MB
	timeout                             time.Duration
	variables                           map[string]string
	// reserved is the reserved concurrency, -1 for none.
	reserved    int
	tracing     string // Active or PassThrough
	jsonLogs    bool
	logGroup    string
	application string // level of application logs, "" for text
	system      string // level of system logs, "" for text
}

func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// configure fills in AWS's defaults.
func (in *FunctionArgs) configure() config {
	c := config{
		role: in.Role, runtime: value(in.Runtime, ""), handler: value(in.Handler, ""), description: value(in.Description, ""),
		memory: value(in.MemorySize, 128), ephemeralStorage: 512, timeout: time.Duration(value(in.Timeout, 3)) * time.Second,
		reserved: value(in.ReservedConcurrentExecutions, -1), tracing: "PassThrough", logGroup: "/aws/lambda/" + *in.Name,
	}
	if in.EphemeralStorage != nil {
		c.ephemeralStorage = value(in.EphemeralStorage.Size, 512)
	}
	if in.Environment != nil {
		c.variables = in.Environment.Variables
	}
	if in.TracingConfig != nil {
		c.tracing = in.TracingConfig.Mode
	}
	if l := in.LoggingConfig; l != nil {
		c.logGroup = value(l.LogGroup, c.logGroup)
		if c.jsonLogs = l.LogFormat == "JSON"; c.jsonLogs {
			c.application, c.system = value(l.ApplicationLogLevel, "INFO"), value(l.SystemLogLevel, "INFO")
		}
	}
	return c
}

// put makes a new revision the current one of a function, which may itself be new.
func (s *Service) put(f *function, in *FunctionArgs) (*functionState, error) {
	if err := s.checkRole(in.Role); err != nil {
		return nil, err
	}
	b, err := openBundle(in.Code)
	if err != nil {
		return nil, invalidParameter("code %v", err)
	}
	rev := &revision{fn: f, id: newRevisionID(), args: *in, config: in.configure(), bundle: b, modified: s.account.Clock.Now().UTC()}
	rev.dir = filepath.Join(s.Dir, f.name+"-"+rev.id)
	rev.pool = newPool(s, rev)
	if err := s.spawner.do(func() error { return b.unpack(rev.dir) }); err != nil {
		rev.discard()
		return nil, fmt.Errorf("lambda: function %s: %w", f.name, err)
	}

	s.mu.Lock()
	old := f.current.Load()
	was := 0
	if old != nil {
		was = max(0, old.config.reserved)
	}
	reserved := s.reserved - was + max(0, rev.config.reserved)
	if rev.config.reserved > was && accountConcurrency-reserved < minimumUnreserved {
		s.mu.Unlock()
		rev.discard()
		return nil, invalidParameter("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minimumUnreserved)
	}
	s.reserved = reserved
	f.current.Store(rev)
	s.functions[f.name] = f
	f.revisions = append(f.revisions, rev)
	s.mu.Unlock()
	if old != nil {
		old.pool.retire()
	}
	return rev.state(), nil
}

// checkRole refuses a role that Lambda may not assume.
func (s *Service) checkRole(arn string) error {
	if !s.Roles.RoleExists(arn) {
		return cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	_, creds, err := s.Roles.AssumeRole(servicePrincipal, arn, "check", nil)
	if err != nil {
		return cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	s.Roles.Revoke(creds.AccessKeyID)
	return nil
}

func cannotAssume(status int, code string) error {
	return wire.Errorf(status, code, "The role defined for the function cannot be assumed by Lambda.")
}

// discard forgets a revision that no process runs any more. Files that cannot be removed are left to whoever removes
// the service's whole directory.
func (r *revision) discard() {
	_ = os.RemoveAll(r.dir)
	s := r.pool.s
	s.mu.Lock()
	defer s.mu.Unlock()
	r.fn.revisions = slices.DeleteFunc(r.fn.revisions, func(other *revision) bool { return other == r })
}

func (r *revision) lastModified() string { return r.modified.Format("2006-01-02T15:04:05.000-0700") }
