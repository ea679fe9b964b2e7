package fluxrun

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gitops-eks/test/e2e/cluster"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// InstallOperator applies the operator's own manifests, which make what its
// chart makes, and starts it as a process.
func (f *Flux) InstallOperator(ctx context.Context) error {
	objects, err := f.operatorObjects()
	if err != nil {
		return fmt.Errorf("manifests of flux-operator: %w", err)
	}
	if err := f.cluster.Apply(ctx, objects...); err != nil {
		return err
	}
	return f.StartOperator(ctx)
}

// StartOperator starts the process for the operator's Deployment, whoever made
// that: the real chart does as well.
func (f *Flux) StartOperator(ctx context.Context) error {
	deployment, err := f.awaitDeployment(ctx, operator)
	if err != nil {
		return err
	}
	spec, err := f.spec(ctx, deployment, filepath.Join(f.binaries.OperatorConfig(), "data"))
	if err != nil {
		return err
	}
	return f.cluster.Processes.Start(ctx, spec)
}

func (f *Flux) operatorObjects() ([]*unstructured.Unstructured, error) {
	options := krusty.MakeDefaultOptions()
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(f.binaries.OperatorConfig(), "default"))
	if err != nil {
		return nil, err
	}
	text, err := resources.AsYaml()
	if err != nil {
		return nil, err
	}
	objects, err := cluster.Decode(text)
	if err != nil || !f.cluster.Existing {
		return objects, err
	}
	for _, object := range objects {
		if object.GetKind() == "Deployment" {
			err = errors.Join(err, unstructured.SetNestedField(object.Object, int64(0), "spec", "replicas"))
		}
	}
	return objects, err
}

// WithoutPods changes a FluxInstance so that the controllers' Deployments have
// no replicas: on real nodes, pods would compete with the processes, and reach
// none of the servers on this machine.
func WithoutPods(instance *unstructured.Unstructured) error {
	patches, _, err := unstructured.NestedSlice(instance.Object, "spec", "kustomize", "patches")
	if err != nil {
		return err
	}
	return unstructured.SetNestedSlice(instance.Object, append(patches, map[string]any{
		"target": map[string]any{"kind": "Deployment"},
		"patch":  "- op: add\n  path: /spec/replicas\n  value: 0\n",
	}), "spec", "kustomize", "patches")
}

// UninstallOperator ends the operator's process and deletes what
// [Flux.InstallOperator] applied, the last applied first. The definitions stay,
// as they do with the chart.
func (f *Flux) UninstallOperator(ctx context.Context) error {
	objects, err := f.operatorObjects()
	if err != nil {
		return fmt.Errorf("manifests of flux-operator: %w", err)
	}
	for _, object := range slices.Backward(objects) {
		if object.GetKind() == "CustomResourceDefinition" || object.GetKind() == "Namespace" {
			continue
		}
		if err := f.cluster.Client.Delete(ctx, object); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	if process := f.cluster.Processes.Get(operator); process != nil {
		return process.Stop()
	}
	return nil
}
