package proc

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Start starts the command in a process group of its own, and has the kernel
// kill it when this program ends in whatever way.
func Start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	result := make(chan error)
	keeper() <- func() { result <- cmd.Start() }
	return <-result
}

// keeper is the one thread that starts programs, and that never ends: to the
// kernel the parent is the thread, not the process, and Go ends threads as it
// likes. https://github.com/golang/go/issues/27505
var keeper = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
})
