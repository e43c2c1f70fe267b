package lambda

import "syscall"

// attributes put a process in a group of its own, and make the kernel kill it when this program ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
