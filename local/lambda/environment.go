package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

const initLimit = 10 * time.Second

// environment is one process of a function. It runs one invocation at a time: assign gives it one, the process fetches it from
// the Runtime API with next, answers with respond, and has finished it when it asks for the next one.
type environment struct {
	s         *Service
	pool      *pool
	token     string // its own path on the Runtime API
	stream    string
	principal policy.Principal
	key       string // access key of principal's session
	process   *process
	log       *logWriter
	daemon    *daemon
	started   time.Time
	idleSince time.Time // guarded by the pool

	work      chan *invoke  // the invocation that the process has not fetched yet
	inited    chan struct{} // closed by the first next
	gone      chan struct{} // closed when the process has ended
	exitState string        // how it ended; set before gone is closed

	mu       sync.Mutex
	ready    bool          // the process has asked for work at least once
	current  *invoke       // assigned and not finished
	initTime time.Duration // shown in the first report
	reported bool
	dead     bool
	timer    clockwork.Timer
}

func newEnvironment(p *pool) (*environment, *initFailure) {
	s, rev := p.s, p.rev
	principal, creds, err := s.Roles.AssumeRole(servicePrincipal, rev.args.Role, rev.fn.name, nil)
	if err != nil {
		return nil, &initFailure{final: true, err: wire.Errorf(http.StatusForbidden, "AccessDeniedException", cannotAssume)}
	}
	e := &environment{
		s: s, pool: p, token: randomHex(16), principal: principal, key: creds.AccessKeyID, started: s.account.Clock.Now(),
		work: make(chan *invoke, 1), inited: make(chan struct{}), gone: make(chan struct{}),
	}
	e.stream = e.started.UTC().Format("2006/01/02/[") + latest + "]" + randomHex(16)
	if err = s.decryptVariables(rev, principal); err == nil {
		e.daemon, err = listenDaemon()
	}
	if err != nil {
		s.Roles.Revoke(e.key)
		return nil, &initFailure{final: true, err: err}
	}
	// The process may ask for work before start returns: its request waits for the lock.
	e.mu.Lock()
	defer e.mu.Unlock()
	s.api.add(e)
	e.process, err = s.spawner.start(filepath.Join(rev.dir, "bootstrap"), rev.dir, e.variables(creds))
	if err != nil {
		s.api.remove(e)
		s.Roles.Revoke(e.key)
		_ = e.daemon.conn.Close()
		s.account.Log.Error("function does not start", "function", rev.fn.name, "error", err)
		return nil, &initFailure{final: true, body: errorBody{Type: "Runtime.InvalidEntrypoint", Message: "Error: " + err.Error()}}
	}
	e.log = newLogWriter(e)
	go e.daemon.serve(e)
	rev.fn.environments.Add(1)
	return e, nil
}

// variables are the environment of the process:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
// AWS_ENDPOINT_URL is the only addition: the standard variable of all AWS SDKs for the endpoint.
func (e *environment) variables(creds iam.Credentials) []string {
	rev := e.pool.rev
	list := []string{
		"AWS_ENDPOINT_URL=" + e.s.account.Endpoint(),
		"_HANDLER=" + rev.args.Handler,
		"AWS_REGION=" + account.Region,
		"AWS_DEFAULT_REGION=" + account.Region,
		"AWS_LAMBDA_FUNCTION_NAME=" + rev.fn.name,
		"AWS_LAMBDA_FUNCTION_VERSION=" + latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(*rev.args.MemorySize),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=" + rev.logGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + e.stream,
		"AWS_ACCESS_KEY_ID=" + creds.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + creds.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + creds.SessionToken,
		"AWS_LAMBDA_RUNTIME_API=" + e.s.api.address() + "/" + e.token,
		"LAMBDA_TASK_ROOT=" + rev.dir,
		"LANG=en_US.UTF-8",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
		"AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
		"AWS_XRAY_DAEMON_ADDRESS=" + e.daemon.conn.LocalAddr().String(),
		"AWS_LAMBDA_LOG_FORMAT=" + rev.args.LoggingConfig.LogFormat,
	}
	if rev.args.LoggingConfig.LogFormat == "JSON" {
		list = append(list, "AWS_LAMBDA_LOG_LEVEL=INFO")
	}
	for name, v := range value(rev.args.Environment, Environment{}).Variables {
		list = append(list, name+"="+v) // the last one of a name counts
	}
	return list
}

// decryptVariables authorizes a function's role to decrypt its environment variables. Lambda uses a grant for the role if whoever
// deployed the function could make one, and else the role's own permission, which is required here:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
func (s *Service) decryptVariables(rev *revision, p policy.Principal) error {
	if rev.args.KMSKey == nil || len(value(rev.args.Environment, Environment{}).Variables) == 0 {
		return nil
	}
	err := s.account.UseKey(s.ctx, account.KeyUse{
		Principal: p, Service: "lambda", Key: *rev.args.KMSKey, Context: map[string]string{"aws:lambda:FunctionArn": rev.fn.arn()},
	}, "kms:Decrypt")
	if refused, ok := errors.AsType[*account.KeyError](err); ok {
		refused.Message = "Lambda was unable to decrypt the environment variables because KMS access was denied. " + refused.Message
	}
	return wire.KeyError(err, http.StatusBadGateway, "KMS%sException", "")
}

// initFailure is the reason why an environment did not start. A final one is not retried.
type initFailure struct {
	final bool
	body  errorBody
	err   error // if not nil, the API call fails, instead of the function
}

func (e *environment) awaitInit(limit time.Duration, phase string) *initFailure {
	timer := e.s.account.Clock.NewTimer(limit)
	defer timer.Stop()
	failure := &initFailure{body: timedOut(limit)}
	select {
	case <-e.inited:
		return nil
	case <-timer.Chan():
		e.process.kill()
		<-e.gone
		e.log.initReport(phase, "timeout", "", limit)
	case <-e.gone:
		failure.body = errorBody{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: " + e.exitState}
		e.log.initReport(phase, "error", failure.body.Type, e.s.account.Clock.Since(e.started))
	}
	e.log.events.Flush()
	return failure
}

func (e *environment) assign(inv *invoke) {
	e.mu.Lock()
	if e.dead {
		e.mu.Unlock()
		e.pool.submit(inv)
		return
	}
	e.current = inv
	inv.begun = e.s.account.Clock.Now()
	// The process compares the deadline with its own clock, which no test can stop.
	inv.deadline = time.Now().Add(e.pool.rev.timeout)
	e.timer = e.s.account.Clock.AfterFunc(e.pool.rev.timeout, func() { e.expire(inv) })
	e.mu.Unlock()
	e.log.start(inv)
	inv.before = e.measure()
	e.work <- inv
}

func (e *environment) expire(inv *invoke) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == inv {
		inv.timedOut, inv.after = true, e.measure()
		e.process.kill()
	}
}

func (e *environment) watch() {
	defer e.s.background.Done()
	e.exitState = e.process.wait()
	e.s.api.remove(e)
	e.daemon.close()

	e.mu.Lock()
	e.dead = true
	inv := e.current
	e.current = nil
	e.mu.Unlock()
	e.pool.remove(e)
	if inv != nil {
		e.finish(inv)
	}
	close(e.gone)
	e.log.close()
	e.s.Roles.Revoke(e.key)
}

func (e *environment) finish(inv *invoke) {
	now := e.s.account.Clock.Now()
	e.mu.Lock()
	e.timer.Stop()
	inv.duration = now.Sub(inv.begun)
	if !e.reported {
		e.reported, inv.initTime = true, e.initTime
	}
	if inv.after == nil && !e.dead { // the id of a dead process may be another's
		inv.after = e.measure()
	}
	e.mu.Unlock()

	e.log.drain()
	switch {
	case inv.responded:
	case inv.timedOut:
		inv.status = "timeout"
		inv.failWith(timedOut(e.pool.rev.timeout))
	default:
		inv.failWith(errorBody{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: " + e.exitState})
	}
	e.log.end(inv)
	e.s.trace(e, inv, now)
	e.insights(inv)
	e.s.complete(e.pool.rev.fn, inv)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return hex.EncodeToString(b)
}

func timedOut(limit time.Duration) errorBody {
	return errorBody{Type: "Sandbox.Timedout", Message: fmt.Sprintf("Error: Task timed out after %.2f seconds", limit.Seconds())}
}
