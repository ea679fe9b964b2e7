package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
)

// previewNamespace holds what the bench needs of its own in a cluster of
// others. While it is there, the cluster is taken.
const previewNamespace = "gitops-eks-preview"

// handlerAccount is whom AWS's handler acts as. It gets a token and not the
// user's kubeconfig: that may run a program to log in, such as the AWS CLI,
// which the handler has a stand-in for.
const handlerAccount = "handler"

// leaveTimeout is longer than the deletions of all Kustomizations may take.
const leaveTimeout = 15 * time.Minute

// enter takes a cluster that exists: from here on, something of the bench is in
// it, which [Bench.Stop] removes.
func (b *Bench) enter(ctx context.Context) error {
	b.closers = append(b.closers, b.leave)
	namespace := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": previewNamespace},
	}}
	account := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": handlerAccount, "namespace": previewNamespace},
	}}
	binding := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": map[string]any{"name": previewNamespace},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": handlerAccount, "namespace": previewNamespace}},
	}}
	if err := b.Cluster.Apply(ctx, namespace, account, binding); err != nil {
		return err
	}
	path, err := b.Cluster.ServiceAccountKubeconfig(ctx, previewNamespace, handlerAccount)
	b.handlerKubeconfig = path
	return err
}

// leave removes from a cluster of others all that the bench made there, the
// last first, and tells what it could not remove.
func (b *Bench) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	err := b.leaveInOrder(ctx)
	// Asked in any case, and with a clock of its own: the answer is for the user to act on.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	left, problem := b.left(asking)
	if len(left) > 0 {
		problem = errors.Join(problem, fmt.Errorf("left in the cluster:\n  %s", strings.Join(left, "\n  ")))
	}
	return errors.Join(err, problem)
}

func (b *Bench) leaveInOrder(ctx context.Context) error {
	if b.Replay != nil {
		if err := b.Replay.Delete(ctx); err != nil {
			return err
		}
	}
	if b.Flux != nil {
		if err := b.Flux.Purge(ctx); err != nil {
			return err
		}
	}
	return b.Cluster.Delete(ctx,
		cluster.Object{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding", Name: previewNamespace},
		cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: previewNamespace})
}

// left lists what of the bench is still in a cluster of others.
func (b *Bench) left(ctx context.Context) ([]string, error) {
	seeded, err := seedObjects(b.Seed)
	if err != nil {
		return nil, err
	}
	found, err := existing(ctx, b.Cluster, slices.Concat(own(), seeded, b.placed))
	if err != nil {
		return nil, err
	}
	installed, err := fluxrun.Find(ctx, b.Cluster)
	return texts(append(found, installed...)), err
}

// place changes and notes an object that is about to be applied to a cluster
// of others.
func (b *Bench) place(ctx context.Context, o *unstructured.Unstructured) error {
	switch named := objectOf(o); {
	case o.GetNamespace() == metav1.NamespaceSystem:
		// For EKS Auto Mode. Elsewhere it does nothing, or it is there and not the bench's.
		o.SetNamespace(previewNamespace)
	case o.GetNamespace() == "" && !slices.Contains(b.placed, named):
		found, err := existing(ctx, b.Cluster, []cluster.Object{named})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return fmt.Errorf("the cluster has %s already, which would be changed: use a cluster without it", named)
		}
		b.placed = append(b.placed, named)
	}
	return nil
}
