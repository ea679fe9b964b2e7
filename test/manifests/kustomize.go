package manifests

import (
	"fmt"
	"maps"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// build is what kustomize makes of a path, the same for every cluster: their
// facts come later.
type build struct {
	resources []rendering
	err       error
}

// rendering is one object of a build.
type rendering struct {
	// id is kind and name, text the manifest.
	id, text string
	// files it comes from.
	files []string
}

// substitute puts the facts in, strictly, as kustomize-controller does since Flux 2.9.
func (r rendering) substitute(facts map[string]string) (string, error) {
	return envsubst.Eval(r.text, func(name string) (string, bool) {
		value, ok := facts[name]
		return value, ok
	})
}

// kustomized is the build of a path. Each is made once: it takes most of the
// time of a review.
func (t *Tree) kustomized(path string) build {
	known, ok := t.builds[path]
	if !ok {
		known.resources, known.err = t.kustomize(path)
		t.builds[path] = known
	}
	return known
}

func (t *Tree) kustomize(path string) (resources []rendering, err error) {
	read := map[string]bool{}
	files, err := t.recorded(read)
	if err != nil {
		return nil, err
	}
	if !files.IsDir("/" + path) {
		return nil, fmt.Errorf("path %s does not exist", path)
	}
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/"+path)
	maps.Copy(t.read, read)
	if err != nil {
		return nil, &buildError{t.kustomizations(read, path), fmt.Errorf("build %s failed: %w", path, err)}
	}
	for _, r := range result.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		resources = append(resources, rendering{
			id:    r.GetKind() + " " + r.GetName(),
			text:  string(text),
			files: t.sources(read, path, r.GetKind(), r.GetName(), r.OrgId().Name),
		})
	}
	return resources, nil
}

// recorder notes which files kustomize reads.
type recorder struct {
	filesys.FileSystem
	read map[string]bool
}

func (r recorder) ReadFile(path string) ([]byte, error) {
	r.read[strings.TrimPrefix(path, "/")] = true
	return r.FileSystem.ReadFile(path)
}

// recorded is the tree as kustomize sees it; read are the files that it opens.
func (t *Tree) recorded(read map[string]bool) (filesys.FileSystem, error) {
	memory := filesys.MakeFsInMemory()
	for path, content := range t.Files {
		if err := memory.WriteFile("/"+path, []byte(content)); err != nil {
			return nil, err
		}
	}
	return recorder{memory, read}, nil
}
