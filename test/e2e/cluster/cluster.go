// Package cluster runs a Kubernetes control plane on this machine: etcd, API
// server, controller-manager and scheduler, and kwok in the place of nodes.
//
// It does not use controller-runtime's envtest. That starts etcd and the API
// server only, lets them outlive a crash of the test, and can neither restart
// one of them alone nor keep etcd's data, which the fault scenarios need.
//
// [Connect] takes a cluster that exists in its place.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/pki"
	"gitops-eks/test/e2e/proc"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The processes of the control plane, by their names in [Cluster.Processes].
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kwok              = "kwok"
)

// Options of [Start].
type Options struct {
	// Binaries to run. Required.
	Binaries binaries.Set
	// Dir gets keys, kubeconfigs, logs and etcd's data. Required.
	Dir string
	// Frugal keeps the control plane small: its heap is mostly what stays, so that
	// more frequent collections take 60 MB off for two seconds of CPU in a
	// bring-up, and a fifth more CPU under load. Default: Go's own setting.
	Frugal bool
	// Zones get a node each. Default: three zones of eu-west-1.
	Zones []string
}

// Cluster is a running control plane.
type Cluster struct {
	// Config is an administrator's access, Kubeconfig the same as a file.
	Config     *rest.Config
	Kubeconfig string
	// Client is an administrator's, without a cache.
	Client client.WithWatch
	// Processes of the cluster; the bench adds its own to them.
	Processes *proc.Group
	// Dir holds all files of the cluster.
	Dir string
	// Existing: somebody else runs it, and its nodes are real.
	Existing bool

	// env is what all programs of the control plane but etcd get.
	env []string
	// entry is how kubeconfigs describe it.
	entry     api.Cluster
	authority *pki.Authority
	binaries  binaries.Set
	endpoints endpoints
}

// Start brings a control plane up. A cluster that does not come up whole is
// taken down again.
func Start(ctx context.Context, o Options) (c *Cluster, err error) {
	if len(o.Zones) == 0 {
		o.Zones = []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}
	}
	if c, err = newCluster(o); err != nil {
		return nil, fmt.Errorf("prepare cluster: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start cluster: %w", err), c.Stop())
			c = nil
		}
	}()
	etcd, err := c.etcd()
	if err != nil {
		return c, err
	}
	if err = c.Processes.Start(ctx, etcd); err != nil {
		return c, err
	}
	apiserver, err := c.apiserver()
	if err != nil {
		return c, err
	}
	if err = c.Processes.Start(ctx, apiserver); err != nil {
		return c, err
	}
	if err = c.connect(); err != nil {
		return c, err
	}
	var wave []proc.Spec
	for _, component := range []func() (proc.Spec, error){c.controllerManager, c.scheduler, c.kwok} {
		spec, err := component()
		if err != nil {
			return c, err
		}
		wave = append(wave, spec)
	}
	if err = c.Processes.Start(ctx, wave...); err != nil {
		return c, err
	}
	return c, c.addNodes(ctx, o.Zones)
}

func newCluster(o Options) (*Cluster, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "pki"), 0o700); err != nil {
		return nil, err
	}
	processes, err := proc.NewGroup(filepath.Join(dir, "logs"))
	if err != nil {
		return nil, err
	}
	authority, err := pki.NewAuthority("bench")
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, Processes: processes, authority: authority, binaries: o.Binaries}
	if o.Frugal {
		c.env = []string{"GOGC=40"}
	}
	if c.endpoints, err = newEndpoints(); err != nil {
		return nil, err
	}
	c.entry = api.Cluster{Server: "https://" + c.endpoints.apiserver, CertificateAuthorityData: authority.Certificate}
	if err := c.write("pki/ca.crt", authority.Certificate); err != nil {
		return nil, err
	}
	if err := c.write("pki/ca.key", authority.Key); err != nil {
		return nil, err
	}
	c.Config, c.Kubeconfig, err = c.clientAccess("admin", "admin", "system:masters")
	return c, err
}

// Stop ends all processes, the last started first. The files stay.
func (c *Cluster) Stop() error { return c.Processes.Stop() }

// Server is the address of the API server.
func (c *Cluster) Server() string { return c.entry.Server }

func (c *Cluster) path(name string) string { return filepath.Join(c.Dir, name) }

func (c *Cluster) write(name string, text []byte) error {
	return os.WriteFile(c.path(name), text, 0o600)
}

// writePair writes pki/<name>.crt and .key.
func (c *Cluster) writePair(name string, pair pki.Pair) error {
	return errors.Join(c.write("pki/"+name+".crt", pair.Certificate), c.write("pki/"+name+".key", pair.Key))
}
