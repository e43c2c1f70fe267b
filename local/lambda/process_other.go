//go:build unix && !linux

package lambda

import "syscall"

// attributes put a process in a group of its own. Only Linux can kill it when this program ends: elsewhere, processes stay
// behind if the embedded cloud is killed with SIGKILL.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
