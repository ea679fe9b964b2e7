// Package seed reviews what the repositories begin with, as it lies in the
// assembly: the manifests of the config repo, and the Dockerfiles of the apps.
package seed

import (
	"archive/zip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/incluster"
	"gitops-eks/test/manifests"
)

// New is the gate.
func New() gate.Gate {
	return gate.Gate{Name: "seed", Run: func(_ context.Context, in gate.Input) ([]finding.Finding, error) {
		return check(in.Assembly)
	}}
}

func check(a *assembly.Assembly) ([]finding.Finding, error) {
	var found []finding.Finding
	sources := incluster.Sources(a)
	for _, repository := range a.All("AWS::CodeCommit::Repository") {
		about := func(rule, path, problem, fix string) finding.Finding {
			return finding.Finding{Rule: rule, Stack: repository.Stack.ID, LogicalID: repository.LogicalID, Path: path, Problem: problem, Fix: fix}
		}
		asset := incluster.Seed(a, repository)
		followed := slices.DeleteFunc(slices.Clone(sources), func(s incluster.Source) bool { return s.Repository != repository })
		if repository.Get("Code") == nil && len(followed) == 0 {
			continue // An app of the user's: its repository begins empty.
		}
		if asset == nil {
			found = append(found, about("asset", repository.Path, "Code.S3 names no asset of the assembly: the repository would begin empty, or not be made at all",
				"refer to the asset of the seed, with its bucket and key"))
			continue
		}
		files, err := open(asset.Path)
		if err != nil {
			return found, fmt.Errorf("open the seed of %s: %w", repository.LogicalID, err)
		}
		if len(followed) == 0 && !holdsClusters(files) {
			found = append(found, checkApp(files, about)...)
			continue
		}
		tree, err := manifests.ReadTree(files)
		if err != nil {
			return found, fmt.Errorf("read the seed of %s: %w", repository.LogicalID, err)
		}
		found = append(found, checkConfig(tree, followed, about)...)
		if len(sources) == 0 {
			continue // The clusters are deployed by another assembly.
		}
		if len(followed) == 0 {
			found = append(found, about("unfollowed", repository.Path, "it holds clusters/, and no GitRepository of the assembly follows it",
				"let spec.url of the GitRepository name this repository"))
			continue
		}
		branch, err := incluster.Text(a, repository.Stack, repository.Get("Code", "BranchName"))
		if err == nil && !slices.ContainsFunc(followed, func(s incluster.Source) bool { return s.Cluster.Facts["config_branch"] == branch }) {
			found = append(found, about("branch", repository.Path, fmt.Sprintf("the repository begins with the branch %q, which no cluster follows: they follow %q", branch, followed[0].Cluster.Facts["config_branch"]),
				"begin with the branch that the clusters follow, or follow this one"))
		}
	}
	return found, nil
}

// holdsClusters tells the config repository from an app's.
func holdsClusters(files fs.FS) bool {
	info, err := fs.Stat(files, "clusters")
	return err == nil && info.IsDir()
}

type reporter func(rule, path, problem, fix string) finding.Finding

// checkConfig reviews the manifests for the clusters of the assembly, and for
// the environments of the seed that are not in it.
func checkConfig(tree *manifests.Tree, sources []incluster.Source, about reporter) []finding.Finding {
	clusters := clustersOf(sources)
	for _, name := range tree.Environments() {
		if !slices.ContainsFunc(clusters, func(c manifests.Cluster) bool { return c.Name == name }) {
			clusters = append(clusters, manifests.NewCluster(name))
		}
	}
	return reviewConfig(tree, clusters, sources, about)
}

func clustersOf(sources []incluster.Source) []manifests.Cluster {
	var clusters []manifests.Cluster
	for _, s := range sources {
		clusters = append(clusters, s.Cluster)
	}
	return clusters
}

func reviewConfig(tree *manifests.Tree, clusters []manifests.Cluster, sources []incluster.Source, about reporter) []finding.Finding {
	var found []finding.Finding
	for _, p := range tree.Review(clusters) {
		f := about(p.Rule, strings.Join(p.Files, ", "), p.String(), p.Fix)
		// What no file is to blame for is in the template: a root's path or account.
		if root := rootOf(p.Object, sources); root != nil && len(p.Files) == 0 {
			f.Stack, f.LogicalID, f.Path = root.Stack.ID, root.LogicalID, root.Path
		}
		found = append(found, f)
	}
	found = append(found, checkEnvironment(tree, clusters, about)...)
	for _, s := range sources {
		if tree.Automates(s.Cluster) && !s.Pushes {
			root := s.Roots["platform"]
			found = append(found, finding.Finding{Rule: "automation", Stack: root.Stack.ID, LogicalID: root.LogicalID, Path: root.Path,
				Problem: "follows an ImageUpdateAutomation, and image-automation-controller has no credentials to push with",
				Fix:     "add a PodIdentityAssociation for image-automation-controller, or take the automation out of " + s.Cluster.PlatformPath})
		}
	}
	return found
}

func rootOf(object string, sources []incluster.Source) *assembly.Resource {
	name, ok := strings.CutPrefix(object, "Kustomization ")
	if !ok || len(sources) == 0 {
		return nil
	}
	return sources[0].Roots[name]
}

// open opens an asset, a folder or a zip archive.
func open(path string) (fs.FS, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return os.DirFS(path), nil
	}
	return zip.OpenReader(path) // read to the end of the process
}
