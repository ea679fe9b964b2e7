// Package rundir makes the folder of one run of the bench, and clears those of
// runs that crashed.
package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

const lockName = "lock"

// New makes a folder below parent. Release removes it; a run that ends without
// calling it leaves the folder to the next.
func New(parent string) (dir string, release func() error, err error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", nil, err
	}
	if err := sweep(parent); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(parent, "run-"); err != nil {
		return "", nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if !lock(file) {
		return "", nil, errors.Join(errors.New("cannot lock "+file.Name()), file.Close())
	}
	return dir, func() error { return errors.Join(remove(dir), file.Close()) }, nil
}

// sweep removes the folders that no living run holds.
func sweep(parent string) error {
	dirs, err := filepath.Glob(filepath.Join(parent, "run-*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		file, err := os.Open(filepath.Join(dir, lockName))
		if err != nil {
			continue // being made, or being removed
		}
		if lock(file) {
			err = remove(dir)
		}
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// remove removes the lock last: what a killed removal leaves is still swept.
func remove(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == lockName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}

// lock holds until the file is closed, or the process ends in whatever way.
func lock(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
