// Package fluxrun runs Flux as processes beside a [cluster.Cluster]. The
// operator installs Flux as it does anywhere; then each Deployment that it
// made is matched by a process with that Deployment's arguments, environment
// and service account. The Deployments' own pods are played by kwok; in a
// cluster that exists they have none.
package fluxrun

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"time"

	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/proc"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Namespace of Flux.
const Namespace = "flux-system"

const operator = "flux-operator"

// Flux is the processes of an installation.
type Flux struct {
	cluster  *cluster.Cluster
	binaries binaries.Set
	shared   shared
	followed *followed
}

// New prepares an installation of Flux in a cluster.
func New(c *cluster.Cluster, set binaries.Set) (*Flux, error) {
	shared, err := newShared()
	if err != nil {
		return nil, err
	}
	return &Flux{cluster: c, binaries: set, shared: shared, followed: newFollowed()}, nil
}

// ReceiverURL is where notification-controller takes webhooks: append the
// webhookPath of a Receiver.
func (f *Flux) ReceiverURL() string { return "http://" + f.shared.receiver }

// StartControllers waits for the Deployments of the components, as the operator
// makes them, and starts a process for each.
func (f *Flux) StartControllers(ctx context.Context, components ...string) error {
	var (
		specs       []proc.Spec
		deployments []*appsv1.Deployment
	)
	for _, component := range components {
		deployment, err := f.awaitDeployment(ctx, component)
		if err != nil {
			return err
		}
		spec, err := f.spec(ctx, deployment, f.folder(component))
		if err != nil {
			return err
		}
		specs = append(specs, spec)
		deployments = append(deployments, deployment)
	}
	if err := f.cluster.Processes.Start(ctx, specs...); err != nil {
		return err
	}
	for _, deployment := range deployments {
		f.follow(deployment)
	}
	return nil
}

// folder of a controller, in the place of its pod's volumes.
func (f *Flux) folder(component string) string { return filepath.Join(f.cluster.Dir, component) }

// spec is the process in the place of a Deployment's pod.
func (f *Flux) spec(ctx context.Context, deployment *appsv1.Deployment, folder string) (spec proc.Spec, err error) {
	name := deployment.Name
	defer func() {
		if err != nil {
			err = fmt.Errorf("process for Deployment %s: %w", name, err)
		}
	}()
	container := deployment.Spec.Template.Spec.Containers[0]
	home := filepath.Join(f.cluster.Dir, name)
	tmp := filepath.Join(home, "tmp")
	at, err := newPlace(folder, f.shared)
	if err != nil {
		return spec, err
	}
	env, err := environment(deployment, container, tmp)
	if err != nil {
		return spec, err
	}
	args, err := arguments(name, container, env, at)
	if err != nil {
		return spec, err
	}
	for _, folder := range []string{tmp, filepath.Join(home, "data")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return spec, err
		}
	}
	env["HOME"], env["TMPDIR"] = home, tmp
	if name == operator {
		for variable, value := range operatorEnvironment(at) {
			env[variable] = value
		}
	}
	if env["KUBECONFIG"], err = f.cluster.ServiceAccountKubeconfig(ctx, Namespace, deployment.Spec.Template.Spec.ServiceAccountName); err != nil {
		return spec, err
	}
	return proc.Spec{
		Name:  name,
		Path:  f.binaries.Path(name),
		Args:  args,
		Env:   list(env),
		Ready: ready(at),
		// A controller that ends in the middle of a reconciliation retries to send its
		// event, and notification-controller has ended beside it.
		Grace: 2 * time.Second,
	}, nil
}

// awaitDeployment waits until there is a Deployment and its service account:
// the operator applies them in one go, accounts first.
func (f *Flux) awaitDeployment(ctx context.Context, name string) (*appsv1.Deployment, error) {
	deployment := &appsv1.Deployment{}
	object := cluster.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: Namespace, Name: name}
	var problem error
	err := f.cluster.Until(ctx, object, func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		problem = runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, deployment)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("the operator has not made Deployment %s: %w", name, err)
	}
	return deployment, problem
}

func ready(at place) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.health+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz: %s", response.Status)
		}
		return nil
	}
}

func list(env map[string]string) (all []string) {
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	sort.Strings(all)
	return all
}
