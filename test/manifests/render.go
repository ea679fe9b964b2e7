// Package manifests checks the config repo's seed the way Flux reads it: it builds
// every path that a cluster follows, substitutes the cluster's facts, decodes each
// object strictly and compares the result with what the platform promises.
//
// It is a module of its own for the weight of what it needs: Kubernetes' and Flux's
// types, kustomize, the API server's CEL and Pod Security.
package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Tree is a config repo, held in memory: the tests build a hundred edited ones.
type Tree struct {
	// Files are the contents by path. Edit them before the first build, not after.
	Files map[string]string
	// read are the files that a build has opened.
	read map[string]bool
	// builds so far, by path.
	builds map[string]build
	// documents are cached by file.
	documents map[string][]document
}

// NewTree reads the config repo at dir.
func NewTree(dir string) (*Tree, error) { return ReadTree(os.DirFS(dir)) }

// ReadTree reads the config repo at the root of a file system: what Flux packs of
// it, which are regular files. Links are neither followed nor there.
// https://fluxcd.io/flux/components/source/gitrepositories/#default-exclusions
func ReadTree(root fs.FS) (*Tree, error) {
	t := &Tree{Files: map[string]string{}, read: map[string]bool{}, builds: map[string]build{}}
	return t, fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := fs.ReadFile(root, path)
		t.Files[path] = string(data)
		return err
	})
}

// Build renders one path as kustomize-controller does with the facts.
func (t *Tree) Build(path string, facts map[string]string) ([]Object, error) {
	built := t.kustomized(path)
	if built.err != nil {
		return nil, built.err
	}
	var objects []Object
	var problems []error
	for _, resource := range built.resources {
		text, err := resource.substitute(facts)
		if err != nil {
			problems = append(problems, &buildError{resource.files, fmt.Errorf("substitute in %s, %s failed: %w", path, resource.id, err)})
			continue
		}
		object, err := Decode([]byte(text))
		if err != nil {
			problems = append(problems, &buildError{resource.files, fmt.Errorf("decode %s, %s failed: %w", path, resource.id, err)})
			continue
		}
		object.Files = resource.files
		objects = append(objects, object)
	}
	return objects, errors.Join(problems...)
}

// buildError is an error of one object, with the files it comes from.
type buildError struct {
	files []string
	error
}

func (b *buildError) Unwrap() error { return b.error }

// kustomizations are those of a build, the one that it began with first.
func (t *Tree) kustomizations(read map[string]bool, root string) []string {
	found := t.sources(read, root, "")
	for _, file := range slices.Sorted(maps.Keys(read)) {
		if strings.HasPrefix(path.Base(file), "kustomization.") && !slices.Contains(found, file) {
			found = append(found, file)
		}
	}
	return found
}

// document is the head of a YAML document.
type document struct{ kind, name string }

func (t *Tree) headsOf(file string) []document {
	if known, ok := t.documents[file]; ok {
		return known
	}
	var heads []document
	for _, text := range documentsOf(t.Files[file]) {
		var head struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if yaml.Unmarshal([]byte(text), &head) == nil && head.Kind != "" {
			heads = append(heads, document{head.Kind, head.Metadata.Name})
		}
	}
	if t.documents == nil {
		t.documents = map[string][]document{}
	}
	t.documents[file] = heads
	return heads
}

func documentsOf(text string) []string { return strings.Split("\n"+text, "\n---\n") }

// sources are the files of a build that speak of an object, and the
// kustomization that the build began with, which may change any of them.
func (t *Tree) sources(read map[string]bool, root, kind string, names ...string) []string {
	var found []string
	for _, file := range slices.Sorted(maps.Keys(read)) {
		if slices.ContainsFunc(t.headsOf(file), func(d document) bool { return d.kind == kind && slices.Contains(names, d.name) }) {
			found = append(found, file)
		}
	}
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if at := path.Join(root, name); read[at] {
			found = append(found, at)
		}
	}
	return found
}

// lint reports YAML files that are malformed or have duplicate keys, also those
// that no build reads.
func (t *Tree) lint(r *report) {
	for _, path := range t.yamlFiles() {
		for _, text := range documentsOf(t.Files[path]) {
			if _, err := yaml.YAMLToJSONStrict([]byte(text)); err != nil {
				r.add("yaml", file(path), "mend the YAML", "%v", err)
			}
		}
	}
}

// Orphans are the YAML files that no build has read.
func (t *Tree) Orphans() []string {
	return slices.DeleteFunc(t.yamlFiles(), func(path string) bool { return t.read[path] })
}

// Environments are the folders of clusters/.
func (t *Tree) Environments() []string {
	var names []string
	for path := range t.Files {
		if parts := strings.Split(path, "/"); parts[0] == "clusters" && len(parts) > 2 && !slices.Contains(names, parts[1]) {
			names = append(names, parts[1])
		}
	}
	slices.Sort(names)
	return names
}

// yamlFiles are those that may hold manifests. Files at the top and what begins
// with a dot are for other tools, such as .github/workflows.
func (t *Tree) yamlFiles() []string {
	var paths []string
	for path := range t.Files {
		if !strings.Contains(path, "/") || strings.HasPrefix(path, ".") || strings.Contains(path, "/.") {
			continue
		}
		if strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
