package fluxrun

import (
	"context"
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
	spec, err := f.spec(ctx, operator, filepath.Join(f.binaries.OperatorConfig(), "data"))
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
	return cluster.Decode(text)
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
	return f.cluster.Processes.Get(operator).Stop()
}
