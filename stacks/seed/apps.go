package seed

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// image is how manifests name an image of the platform's registry; see the facts
// in manifests/README.md.
var image = regexp.MustCompile(`\$\{image_prefix\}/([a-z][a-z0-9-]*)`)

// Drift tells where the apps of the settings and those of the seed have come
// apart: an app that is built and that no cluster runs, and an image that no
// pipeline builds. It is no mistake while a change is under way, and the seed
// is only what a new config repository begins with.
func Drift(seed fs.FS, apps []string) ([]string, error) {
	uses := map[string]string{} // app to the first file that names its image
	deployed := map[string]bool{}
	err := fs.WalkDir(seed, ".", func(name string, entry fs.DirEntry, err error) error {
		if ext := path.Ext(name); err != nil || entry.IsDir() || ext != ".yaml" && ext != ".yml" {
			return err
		}
		text, err := fs.ReadFile(seed, name)
		for _, found := range image.FindAllStringSubmatch(string(text), -1) {
			if uses[found[1]] == "" {
				uses[found[1]] = name
			}
			deployed[found[1]] = deployed[found[1]] || strings.HasPrefix(name, "apps/")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, app := range apps {
		if !deployed[app] {
			warnings = append(warnings, fmt.Sprintf("the app %s has a pipeline, and no cluster runs it: add it to manifests/ "+
				"and to the config repository, as manifests/README.md says, or remove it from apps in the settings", app))
		}
	}
	for _, app := range slices.Sorted(maps.Keys(uses)) {
		if !slices.Contains(apps, app) {
			warnings = append(warnings, fmt.Sprintf("manifests/%s names the image of %s, which has no registry and no pipeline: "+
				"add {\"name\": %q} to apps in the settings, or remove it from manifests/ and from the config repository", uses[app], app, app))
		}
	}
	return warnings, nil
}
