//go:build unix && !linux

package lambda

import "syscall"

// attributes put a process in a group of its own. Other systems than Linux cannot tie its life to this program's, so
// that processes stay behind if the embedded cloud is killed with SIGKILL.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// peakMemory is not known here.
func peakMemory(int) int { return 0 }
