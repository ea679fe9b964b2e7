//go:build !linux

package proc

import (
	"os/exec"
	"syscall"
)

// Start starts the command in a process group of its own.
func Start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}
