package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gitops-eks/test/e2e/proc"

	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// reachTimeout is how long a cluster may take to say its version: one in
// another Region needs a second, one that is gone never answers.
const reachTimeout = 15 * time.Second

// ConnectOptions of [Connect].
type ConnectOptions struct {
	// Kubeconfig is a file whose current context is an administrator's. Required.
	Kubeconfig string
	// Dir gets kubeconfigs and logs. Required.
	Dir string
}

// Connect takes a cluster that exists. It starts nothing: [Cluster.Processes]
// are those that run beside it, on this machine.
func Connect(o ConnectOptions) (*Cluster, error) {
	raw, err := currentContext(o.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", o.Kubeconfig, err)
	}
	c := &Cluster{Existing: true, Kubeconfig: o.Kubeconfig, entry: *raw.Clusters[raw.Contexts[raw.CurrentContext].Cluster]}
	if c.Config, err = clientcmd.NewDefaultClientConfig(*raw, nil).ClientConfig(); err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", o.Kubeconfig, err)
	}
	// A cluster of others: more than a kubectl, less than what would be felt.
	c.Config.QPS, c.Config.Burst = 50, 100
	if c.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	if c.Processes, err = proc.NewGroup(filepath.Join(c.Dir, "logs")); err != nil {
		return nil, err
	}
	if err := c.connect(); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.Server(), err)
	}
	return c, nil
}

// currentContext reads a kubeconfig and keeps only what the current context
// needs, with the content of files in the place of their names.
func currentContext(path string) (*api.Config, error) {
	// LoadFromFile alone would leave relative names as they are.
	raw, err := (&clientcmd.ClientConfigLoadingRules{ExplicitPath: path}).Load()
	if err != nil {
		return nil, err
	}
	if raw.Contexts[raw.CurrentContext] == nil {
		return nil, errors.New("it has no current context: set one with kubectl config use-context")
	}
	if err := api.MinifyConfig(raw); err != nil {
		return nil, err
	}
	return raw, api.FlattenConfig(raw)
}

// Version asks the API server which version it is, such as v1.36.3.
func (c *Cluster) Version(ctx context.Context) (string, error) {
	client, err := discovery.NewDiscoveryClientForConfig(c.Config)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	text, err := client.RESTClient().Get().AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		return "", fmt.Errorf("the cluster at %s cannot be reached: %w; check it with kubectl version", c.Server(), err)
	}
	var info version.Info
	if err := json.Unmarshal(text, &info); err != nil {
		return "", fmt.Errorf("version of the cluster at %s: %w", c.Server(), err)
	}
	return info.GitVersion, nil
}
