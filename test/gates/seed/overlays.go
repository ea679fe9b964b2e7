package seed

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"gitops-eks/test/gates/finding"
	"gitops-eks/test/manifests"
)

// checkFolders reports Kustomizations of one environment that apply the folder of another.
func checkFolders(e *manifests.Environment, note noter) {
	for _, object := range e.Objects() {
		folder := texts(object.Raw.Object, []string{"spec", "path"})
		if object.Raw.GetKind() != "Kustomization" || len(folder) == 0 {
			continue
		}
		parts := strings.Split(path.Clean(folder[0]), "/")
		if len(parts) > 2 && parts[0] == "apps" && parts[1] != e.Name && parts[1] != "base" {
			note("path", object, fmt.Sprintf("path is %s, the folder of another environment than %s", folder[0], e.Name), "follow ./apps/"+e.Name+"/"+strings.Join(parts[2:], "/"))
		}
	}
}

// kustomization is what is read of a kustomization.yaml.
type kustomization struct {
	Kind       string `json:"kind"`
	NamePrefix string `json:"namePrefix"`
	NameSuffix string `json:"nameSuffix"`
	Patches    []struct {
		Target *struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"target"`
	} `json:"patches"`
}

// checkPatches reports patches whose target is not there: kustomize leaves them
// out without a word.
func checkPatches(tree *manifests.Tree, about reporter) []finding.Finding {
	var found []finding.Finding
	for name, text := range tree.Files {
		var k kustomization
		if path.Base(name) != "kustomization.yaml" || yaml.Unmarshal([]byte(text), &k) != nil || k.Kind == "Component" || k.NamePrefix+k.NameSuffix != "" {
			continue
		}
		folder := path.Dir(name)
		parts := strings.Split(folder, "/")
		environment := parts[min(1, len(parts)-1)]
		objects, err := tree.Build(folder, manifests.NewCluster(environment).Facts)
		if err != nil {
			continue // The review says so.
		}
		for _, patch := range k.Patches {
			if patch.Target != nil && !targets(objects, patch.Target.Kind, patch.Target.Name) {
				found = append(found, about("patch", name, fmt.Sprintf("%s: a patch is for %s %q, and nothing there is called so: kustomize leaves it out without a word", name, patch.Target.Kind, patch.Target.Name),
					"name an object of the resources, or take the patch out"))
			}
		}
	}
	return found
}

// targets says whether an object is of the kind and the name, which are
// regular expressions; an empty one is all.
func targets(objects []manifests.Object, kind, name string) bool {
	matches := func(pattern, text string) bool {
		matched, err := regexp.MatchString("^(?:"+pattern+")$", text)
		return pattern == "" || err == nil && matched
	}
	for _, object := range objects {
		if matches(kind, object.Raw.GetKind()) && matches(name, object.Raw.GetName()) {
			return true
		}
	}
	return false
}
