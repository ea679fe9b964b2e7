package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"gitops-eks/test/e2e/binaries"
)

// machine is what the checks ask; a test answers for it.
type machine struct {
	// output runs a program.
	output func(ctx context.Context, name string, args ...string) (string, error)
	// folders that the preview fills; more of them, and more, for the first time.
	folders func(ctx context.Context, first bool) ([]folder, error)
	// writable makes a folder and a file in it, which it removes again.
	writable func(path string) error
	// free tells the file system of a folder and the MiB that are free on it.
	free func(path string) (device, mebibytes uint64, err error)
	// memory is what is available, as far as the system says.
	memory func() (mebibytes int, ok bool)
}

func thisMachine() machine {
	return machine{output: output, folders: folders, writable: writable, free: free, memory: availableMiB}
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, name, args...).Output()
	return strings.TrimSpace(string(text)), err
}

// The sizes are those of a first build, rounded up; together 8 GiB.
func folders(ctx context.Context, first bool) ([]folder, error) {
	// A run keeps its assembly, etcd and the controllers' files: 300 MiB.
	all := []folder{{path: os.TempDir(), use: "the files of a run", move: "set TMPDIR to another folder", needMiB: 512}}
	if !first {
		return all, nil
	}
	cache, err := binaries.CacheFolder()
	if err != nil {
		return nil, err
	}
	all[0].needMiB = 1024 // the compiler's, too
	all = append(all, folder{path: cache, use: "the programs", move: "set " + binaries.CacheVariable + " to another folder", needMiB: 2048})
	for _, f := range []folder{
		{path: "GOCACHE", use: "the compiler's cache", needMiB: 3072},
		{path: "GOMODCACHE", use: "the modules", needMiB: 2048},
	} {
		f.move = "set " + f.path + " to another folder"
		if f.path, err = output(ctx, "go", "env", f.path); err != nil {
			return all, fmt.Errorf("go env: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

func writable(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(path, "writable-")
	if err != nil {
		return err
	}
	_ = file.Close() // nothing was written
	return os.Remove(file.Name())
}

func free(path string) (device, mebibytes uint64, err error) {
	var disk syscall.Statfs_t
	var folder syscall.Stat_t
	if err := syscall.Statfs(path, &disk); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", filepath.Clean(path), err)
	}
	if err := syscall.Stat(path, &folder); err != nil {
		return 0, 0, err
	}
	return uint64(folder.Dev), disk.Bavail * uint64(disk.Bsize) >> 20, nil
}
