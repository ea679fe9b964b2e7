package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// check says all that is missing at once, before anything is built or started.
// First tells that the programs have yet to be built.
func check(ctx context.Context, m machine, root string, first bool) error {
	var problems []error
	for _, tool := range tools {
		problems = append(problems, tool.check(ctx, m))
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "aws-cdk")); err != nil {
		problems = append(problems, fmt.Errorf("the CDK is not installed in %s: run npm ci there", filepath.Join(root, "node_modules")))
	}
	folders, err := m.folders(ctx, first)
	problems = append(problems, err, checkFolders(m, folders))
	if free, ok := m.memory(); ok && free < needMemoryMiB {
		problems = append(problems, fmt.Errorf("%d MiB of memory are available, the preview needs %d: end something else first", free, needMemoryMiB))
	}
	return errors.Join(problems...)
}

// needMemoryMiB is the bench's own use, with a margin for the CDK and Git.
const needMemoryMiB = 2048

// A folder that the preview fills.
type folder struct {
	path string
	// use says what for, move how to use another one.
	use, move string
	needMiB   uint64
}

// checkFolders asks whether each can be written, and whether the folders of
// each file system fit into what it has free, together.
func checkFolders(m machine, folders []folder) error {
	var problems []error
	type sum struct {
		free, need uint64
		moves      []string
		path       string
	}
	disks, order := map[uint64]*sum{}, []*sum{}
	for _, f := range folders {
		if err := m.writable(f.path); err != nil {
			problems = append(problems, fmt.Errorf("%s, for %s, cannot be written: %w; %s", f.path, f.use, err, f.move))
			continue
		}
		device, free, err := m.free(f.path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if disks[device] == nil {
			disks[device] = &sum{free: free, path: f.path}
			order = append(order, disks[device])
		}
		disks[device].need += f.needMiB
		disks[device].moves = append(disks[device].moves, f.move)
	}
	for _, disk := range order {
		if disk.free < disk.need {
			problems = append(problems, fmt.Errorf("the disk of %s has %d MiB free, the preview needs %d there: free some, or %s", disk.path, disk.free, disk.need, disk.moves[0]))
		}
	}
	return errors.Join(problems...)
}
