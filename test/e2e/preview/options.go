package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/registry"
	"gitops-eks/test/e2e/standins"
)

type options struct{ root, kubeconfig, registry string }

// errRegistry is a refusal: what an existing cluster is for are real pods, and
// their image has to come from somewhere.
var errRegistry = errors.New(`with KUBECONFIG, name a registry that both this machine and the cluster's nodes reach under the same name: REGISTRY=host:port
  kind: make one as https://kind.sigs.k8s.io/docs/user/local-registry/ says, then REGISTRY=localhost:5001
  k3d:  k3d registry create, and a cluster made with --registry-use, then REGISTRY=k3d-registry.localhost:port
The preview's own registry listens on this machine's loopback, where no node can pull from`)

// resolve makes paths absolute and refuses settings that do not fit together.
func (o *options) resolve() (err error) {
	if o.root, err = filepath.Abs(o.root); err != nil {
		return err
	}
	if o.kubeconfig == "" {
		if o.registry != "" {
			return errors.New("REGISTRY is for an existing cluster: give KUBECONFIG too, or leave it away")
		}
		return nil
	}
	if o.registry == "" {
		return errRegistry
	}
	if below, ok := strings.CutPrefix(o.kubeconfig, "~/"); ok {
		// Not every shell expands it in KUBECONFIG=~/….
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		o.kubeconfig = filepath.Join(home, below)
	}
	if !filepath.IsAbs(o.kubeconfig) {
		// Relative to where make was called, which the recipe has left.
		o.kubeconfig = filepath.Join(o.root, o.kubeconfig)
	}
	if strings.Contains(o.kubeconfig, string(filepath.ListSeparator)) {
		return fmt.Errorf("KUBECONFIG names several files (%s), want one: kubectl config view --flatten --minify makes one", o.kubeconfig)
	}
	return nil
}

// checkCluster says why an existing cluster or its registry cannot be used,
// before a quarter of an hour goes into building.
func (o *options) checkCluster(ctx context.Context) (err error) {
	if o.kubeconfig == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "gitops-eks-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := cluster.Connect(cluster.ConnectOptions{Kubeconfig: o.kubeconfig, Dir: dir})
	if err != nil {
		return err
	}
	return errors.Join(bench.Admit(ctx, c, filepath.Join(o.root, "manifests")), registry.Reach(ctx, o.registry))
}

// standIns are those of the bench, less what an existing cluster has itself.
func (o *options) standIns() (lines []string) {
	for _, line := range standins.List() {
		switch {
		case o.kubeconfig == "":
		case strings.HasPrefix(line, "kubelet:"), strings.HasPrefix(line, "time:"):
			continue
		case strings.HasPrefix(line, "ECR:"):
			line = "ECR: the registry " + o.registry + ", without a log-in"
		}
		lines = append(lines, line)
	}
	return lines
}

// writeTranslations lists in a file what the start has no room for.
func writeTranslations(dir string) (path string, err error) {
	path = filepath.Join(dir, "translations.txt")
	return path, os.WriteFile(path, []byte(strings.Join(fluxrun.Translations(), "\n")+"\n"), 0o600)
}
