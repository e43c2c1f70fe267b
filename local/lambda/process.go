package lambda

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// process is one running bootstrap, the leader of its own process group.
type process struct {
	cmd    *exec.Cmd
	output *os.File // read end of the pipe that is its stdout and stderr
}

// spawner starts processes from one thread that lives as long as the service. The kernel kills a process started
// with Pdeathsig when the thread that started it ends, not the program: https://go.dev/issue/27505
type spawner struct {
	work  chan func()
	ended chan struct{}
	close func() // ends the thread and, on Linux, the processes that it started
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func()), ended: make(chan struct{})}
	s.close = sync.OnceFunc(func() { close(s.ended) })
	go func() {
		runtime.LockOSThread()
		for {
			select {
			case f := <-s.work:
				f()
			case <-s.ended:
				return
			}
		}
	}()
	return s
}

// do runs f on the spawner's thread. Executables are also written there: a process that is forked while a file is open for
// writing inherits the open file for a moment, and executing it then fails with ETXTBSY (https://go.dev/issue/22315).
func (s *spawner) do(f func() error) error {
	done := make(chan error, 1)
	select {
	case s.work <- func() { done <- f() }:
		return <-done
	case <-s.ended:
		return errClosed
	}
}

func (s *spawner) start(path, dir string, env []string) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe for the output of %s: %w", path, err)
	}
	defer w.Close()
	cmd := &exec.Cmd{Path: path, Args: []string{path}, Dir: dir, Env: env, Stdout: w, Stderr: w, SysProcAttr: attributes()}
	if err := s.do(cmd.Start); err != nil {
		r.Close()
		return nil, err
	}
	return &process{cmd: cmd, output: r}, nil
}

// kill kills the process and its children.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) } // an error means that it has ended

// wait waits for the end of the process, and returns how it ended in the words of AWS: "exit status 1", "signal: killed".
func (p *process) wait() string {
	err := p.cmd.Wait()
	p.kill() // its children
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
