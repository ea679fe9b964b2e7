package fluxrun

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gitops-eks/test/e2e/cluster"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// followed are the goroutines that wait for changes of Deployments.
type followed struct {
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu       sync.Mutex
	problems []error
}

func newFollowed() *followed {
	f := &followed{}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Close ends the following of the Deployments, and tells what went wrong with
// it. The processes stay: they are the cluster's to stop.
func (f *Flux) Close() error {
	f.followed.cancel()
	f.followed.wait.Wait()
	return errors.Join(f.followed.problems...)
}

// follow restarts a process with its new arguments whenever the operator
// changes the template of its Deployment's pods, as a rollout does.
func (f *Flux) follow(deployment *appsv1.Deployment) {
	f.followed.wait.Go(func() {
		for f.followed.ctx.Err() == nil {
			changed, err := f.awaitRollout(f.followed.ctx, deployment)
			if err == nil {
				deployment, err = changed, f.restart(f.followed.ctx, changed)
			}
			if err != nil && f.followed.ctx.Err() == nil {
				f.followed.mu.Lock()
				f.followed.problems = append(f.followed.problems, fmt.Errorf("rollout of %s: %w", deployment.Name, err))
				f.followed.mu.Unlock()
				return
			}
		}
	})
}

// awaitRollout waits until a Deployment has another template of its pods.
func (f *Flux) awaitRollout(ctx context.Context, deployment *appsv1.Deployment) (*appsv1.Deployment, error) {
	changed := &appsv1.Deployment{}
	object := cluster.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: Namespace, Name: deployment.Name}
	var problem error
	err := f.cluster.Until(ctx, object, func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false // the processes' end is not the Deployment's
		}
		*changed = appsv1.Deployment{}
		problem = runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, changed)
		return problem != nil || !equality.Semantic.DeepEqual(changed.Spec.Template, deployment.Spec.Template)
	})
	return changed, errors.Join(err, problem)
}

// restart leaves a process alone that somebody ended.
func (f *Flux) restart(ctx context.Context, deployment *appsv1.Deployment) error {
	process := f.cluster.Processes.Get(deployment.Name)
	if process == nil || !process.Alive() {
		return nil
	}
	spec, err := f.spec(ctx, deployment, f.folder(deployment.Name))
	if err != nil {
		return err
	}
	if err := process.Stop(); err != nil {
		return err
	}
	process.Spec = spec
	return process.Start(ctx)
}
