// Package seed checks the seed of the config repository while it can still be
// refused: before it is pushed, Flux would only report the mistake in a cluster.
package seed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fluxVersions are the API versions of each Flux group that Flux 2.9 serves.
// Older ones were removed from it. https://fluxcd.io/flux/releases/
var fluxVersions = map[string][]string{
	"source.toolkit.fluxcd.io":       {"v1"},
	"kustomize.toolkit.fluxcd.io":    {"v1"},
	"helm.toolkit.fluxcd.io":         {"v2"},
	"image.toolkit.fluxcd.io":        {"v1"},
	"notification.toolkit.fluxcd.io": {"v1", "v1beta3"},
}

// versionOfKind are the kinds of a group that are served in one of its versions only.
var versionOfKind = map[string]string{
	"Alert":    "v1beta3",
	"Provider": "v1beta3",
	"Receiver": "v1",
}

// object is what the check reads of a manifest.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		Path      string `yaml:"path"`
		SourceRef struct {
			Kind string `yaml:"kind"`
			Name string `yaml:"name"`
		} `yaml:"sourceRef"`
	} `yaml:"spec"`
}

// sourceName is the GitRepository of the config repository itself.
const sourceName = "flux-system"

// Check reads every YAML file of the seed and reports all of: files that do
// not parse, Flux API versions that Flux 2.9 no longer serves, and
// Kustomizations whose path is not there. roots are the folders that the
// program itself makes Kustomizations for, each with who asks for it.
func Check(seed fs.FS, roots map[string]string) error {
	var problems []error
	for _, root := range slices.Sorted(maps.Keys(roots)) {
		if err := checkPath(seed, root); err != nil {
			problems = append(problems, fmt.Errorf("manifests/%s, which %s follows, %w", root, roots[root], err))
		}
	}
	err := fs.WalkDir(seed, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := path.Ext(name); entry.Type().IsRegular() && (ext == ".yaml" || ext == ".yml") {
			problems = append(problems, checkFile(seed, name)...)
		}
		return nil
	})
	return errors.Join(append(problems, err)...)
}

func checkFile(seed fs.FS, name string) (problems []error) {
	text, err := fs.ReadFile(seed, name)
	if err != nil {
		return []error{err}
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var node yaml.Node
		if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
			return problems
		} else if err != nil {
			return append(problems, fmt.Errorf("manifests/%s is not YAML: %w", name, err))
		}
		var o object
		if node.Decode(&o) != nil || o.APIVersion == "" {
			continue // a patch, or the values of a chart
		}
		for _, err := range []error{checkVersion(o), checkKustomization(seed, o)} {
			if err != nil {
				problems = append(problems, fmt.Errorf("manifests/%s: %s %s: %w", name, o.Kind, o.Metadata.Name, err))
			}
		}
	}
}

func checkVersion(o object) error {
	group, version, _ := strings.Cut(o.APIVersion, "/")
	served, known := fluxVersions[group]
	if kind, fixed := versionOfKind[o.Kind]; fixed && known {
		served = []string{kind}
	}
	switch {
	case !known && strings.HasSuffix(group, ".toolkit.fluxcd.io"):
		return fmt.Errorf("the API group %s is none of Flux 2.9: use one of %s", group, strings.Join(slices.Sorted(maps.Keys(fluxVersions)), ", "))
	case known && !slices.Contains(served, version):
		return fmt.Errorf("the API version %s is not in Flux 2.9: write %s/%s", o.APIVersion, group, strings.Join(served, " or "))
	}
	return nil
}

func checkKustomization(seed fs.FS, o object) error {
	if o.Kind != "Kustomization" || !strings.HasPrefix(o.APIVersion, "kustomize.toolkit.fluxcd.io/") {
		return nil
	}
	if ref := o.Spec.SourceRef; ref.Kind != "GitRepository" || ref.Name != sourceName {
		return nil // the path is in another repository
	}
	if err := checkPath(seed, o.Spec.Path); err != nil {
		return fmt.Errorf("spec.path %s %w", o.Spec.Path, err)
	}
	return nil
}

func checkPath(seed fs.FS, folder string) error {
	if strings.Contains(folder, "${") {
		return nil // known in the cluster only
	}
	info, err := fs.Stat(seed, path.Clean(strings.TrimPrefix(folder, "./")))
	if err != nil || !info.IsDir() {
		return errors.New("is no folder in manifests: make it, as a copy of one that is there, or correct the path")
	}
	return nil
}
