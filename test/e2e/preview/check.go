package main

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

const (
	// needMiB of memory and disk: the bench's own use with a margin, and its
	// programs with the compiler's cache.
	needMemoryMiB = 2048
	needDiskMiB   = 8192
)

// check says what is missing before anything is built.
func check(dir string) error {
	var problems []error
	for _, tool := range []struct{ name, why string }{
		{"go", "builds the control plane and Flux"},
		{"npx", "runs the CDK (install Node.js)"},
		{"git", "serves the config repository"},
		{"python3", "runs AWS's handler"},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			problems = append(problems, fmt.Errorf("%s is not installed: it %s", tool.name, tool.why))
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		problems = append(problems, err)
	} else if free := disk.Bavail * uint64(disk.Bsize) >> 20; free < needDiskMiB {
		problems = append(problems, fmt.Errorf("%s has %d MiB free, the first build needs %d: free some, or set TMPDIR", dir, free, needDiskMiB))
	}
	if free, ok := availableMiB(); ok && free < needMemoryMiB {
		problems = append(problems, fmt.Errorf("%d MiB of memory are available, the preview needs %d", free, needMemoryMiB))
	}
	return errors.Join(problems...)
}
