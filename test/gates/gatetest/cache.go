package gatetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gitops-eks/test/synthesis"
)

// inputs are what a synthesis reads, from the project's root.
var inputs = []string{"main.go", "go.mod", "go.sum", "cdk.json", "package-lock.json", "constructs", "stacks", "test/testdata/project/manifests", "test/testdata/project/app", "test/testdata/settings"}

var mutex sync.Mutex

// synthesized is the folder of a variant's assembly in the user's cache, keyed
// by all that the synthesis reads. It is made when it is not there, and then
// those of other keys are removed that nobody has used for a day.
func synthesized(variant string) (string, error) {
	mutex.Lock()
	defer mutex.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	key, err := keyOf(Root(), inputs)
	if err != nil {
		return "", err
	}
	all := filepath.Join(cache, "gitops-eks", "assemblies")
	dir := filepath.Join(all, key, strings.ReplaceAll(variant, "/", "-"))
	if _, err := os.Stat(dir); err == nil {
		now := time.Now()
		return dir, os.Chtimes(filepath.Dir(dir), now, now)
	}
	if err := removeOthers(all, key); err != nil {
		return "", err
	}
	// Another test program may be at it: the first to rename has made it.
	work, err := os.MkdirTemp(filepath.Join(all, key), ".making-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := synthesize(variant, work); err != nil {
		return "", err
	}
	if err := os.Rename(work, dir); err != nil {
		if _, made := os.Stat(dir); made != nil {
			return "", err
		}
	}
	return dir, nil
}

func synthesize(variant, out string) error {
	text, err := os.ReadFile(filepath.Join(Root(), "test", "testdata", "settings", variant+".json"))
	if err != nil {
		return err
	}
	var platform map[string]any
	if err := json.Unmarshal(text, &platform); err != nil {
		return fmt.Errorf("%s.json: %w", variant, err)
	}
	return synthesis.RunProject(context.Background(), Root(), out, platform)
}

// keyOf hashes the names and the contents of the files.
func keyOf(root string, paths []string) (string, error) {
	hash := sha256.New()
	for _, path := range paths {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(path)), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(file)
			fmt.Fprintf(hash, "%s\n%d\n", strings.TrimPrefix(file, root), len(content))
			hash.Write(content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func removeOthers(all, key string) error {
	if err := os.MkdirAll(filepath.Join(all, key), 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(all)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		// Another checkout's tests may be running with it.
		info, err := entry.Info()
		if err == nil && entry.Name() != key && time.Since(info.ModTime()) > 24*time.Hour {
			if err := os.RemoveAll(filepath.Join(all, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
