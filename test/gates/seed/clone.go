package seed

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/incluster"
	"gitops-eks/test/manifests"
)

// Clone reviews a clone of the config repository as the gate reviews its seed.
type Clone struct {
	// Folder of the clone. Nothing outside of it is read, whatever it says. Required.
	Folder string
	// Settings is the cdk.json that says what its clusters are. Default: there
	// are stand-ins for what a cluster would tell Git.
	Settings string
	// Assembly says it instead, and more. Default: none.
	Assembly *assembly.Assembly
}

// Check reviews the clone. An error means that it could not look.
func (c Clone) Check() ([]finding.Finding, error) {
	sources, known, err := c.clusters()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.Folder)
	if err != nil {
		return nil, fmt.Errorf("open the clone of the config repository: %w", err)
	}
	defer root.Close()
	tree, err := manifests.ReadTree(root.FS())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Folder, err)
	}
	clusters, missing := tree.Clusters(known)
	if len(clusters) == 0 || !holds(root, "tenants") {
		return nil, fmt.Errorf("%s is no clone of a config repository: it has no clusters/<environment>/ or no tenants/; "+
			"name the folder of one, or begin one as a copy of manifests/, whose README.md says what is where", c.Folder)
	}
	found, err := checkLinks(root)
	if err != nil {
		return nil, fmt.Errorf("look for links in %s: %w", c.Folder, err)
	}
	for _, cluster := range missing {
		found = append(found, finding.Finding{Rule: "environment", Severity: finding.Note, Path: path.Clean(cluster.PlatformPath),
			Problem: fmt.Sprintf("is no folder, and the environment %s of the settings follows it", cluster.Name),
			Fix:     "make it, as a copy of one that is there, if the cluster is to follow this branch"})
	}
	sources = slices.DeleteFunc(sources, func(s incluster.Source) bool {
		return slices.ContainsFunc(missing, func(m manifests.Cluster) bool { return m.Name == s.Cluster.Name })
	})
	return append(found, reviewConfig(tree, clusters, sources, func(rule, file, problem, fix string) finding.Finding {
		return finding.Finding{Rule: rule, Path: cmp.Or(file, c.Folder), Problem: problem, Fix: fix}
	})...), nil
}

func (c Clone) clusters() ([]incluster.Source, []manifests.Cluster, error) {
	switch {
	case c.Assembly != nil:
		sources := incluster.Sources(c.Assembly)
		return sources, clustersOf(sources), nil
	case c.Settings != "":
		platform, err := manifests.Settings(c.Settings)
		if err != nil {
			return nil, nil, err
		}
		return nil, manifests.Configured(platform), nil
	}
	return nil, nil, nil
}

func holds(root *os.Root, folder string) bool {
	info, err := root.Lstat(folder)
	return err == nil && info.IsDir()
}

// checkLinks reports symbolic links. Those that leave the clone are a way to
// what is none of its business, for whoever follows them.
func checkLinks(root *os.Root) (found []finding.Finding, err error) {
	return found, fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.Type()&fs.ModeSymlink == 0:
			return nil
		}
		f := finding.Finding{Rule: "link", Severity: finding.Note, Path: name,
			Problem: "is a symbolic link, which Flux leaves out: the clusters see no such file", Fix: "put a copy in its place where a manifest refers to it"}
		// A link to nothing in the clone is one that leads to nothing for Flux, too.
		if _, err := root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			target, _ := root.Readlink(name)
			f.Severity, f.Problem, f.Fix = finding.Error, fmt.Sprintf("is a symbolic link to %s, which is not in the repository", target), "remove it, or put a copy in its place"
		}
		found = append(found, f)
		return nil
	})
}
