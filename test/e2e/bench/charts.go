package bench

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/replay"
)

// Releases of the two charts.
const (
	operatorRelease = "flux-operator"
	instanceRelease = "flux"
)

// Components are the controllers that the FluxInstance asks for.
var Components = []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller", "image-reflector-controller", "image-automation-controller"}

// charts stands in for the charts where their registry is out of reach.
type charts struct{ *Bench }

// Install makes what a chart would make, and waits until it is ready.
func (c *charts) Install(ctx context.Context, chart replay.Chart) error {
	switch chart.Release {
	case operatorRelease:
		if c.Cluster.Processes.Get(operatorRelease) != nil {
			return nil // an update: the operator's version is that of its binary
		}
		return c.Flux.InstallOperator(ctx)
	case instanceRelease:
		return c.installInstance(ctx, chart)
	}
	return fmt.Errorf("the bench knows no chart for the release %q", chart.Release)
}

func (c *charts) installInstance(ctx context.Context, chart replay.Chart) error {
	values, err := chart.FluxInstance()
	if err != nil {
		return err
	}
	instance := &unstructured.Unstructured{Object: values}
	if c.Cluster.Existing {
		if err := fluxrun.WithoutPods(instance); err != nil {
			return err
		}
	}
	if err := c.Cluster.Apply(ctx, instance); err != nil {
		return err
	}
	components, _, err := unstructured.NestedStringSlice(values, "spec", "components")
	if err != nil {
		return err
	}
	var missing []string
	for _, component := range components {
		if c.Cluster.Processes.Get(component) == nil {
			missing = append(missing, component)
		}
	}
	if err := c.Flux.StartControllers(ctx, missing...); err != nil {
		return err
	}
	return c.Cluster.WaitReady(ctx, objectOf(instance))
}

// Uninstall removes what Install made, and waits until it is gone.
func (c *charts) Uninstall(ctx context.Context, chart replay.Chart) error {
	switch chart.Release {
	case operatorRelease:
		return c.Flux.UninstallOperator(ctx)
	case instanceRelease:
		values, err := chart.FluxInstance()
		if err != nil {
			return err
		}
		instance := &unstructured.Unstructured{Object: values}
		if err := c.Cluster.Delete(ctx, objectOf(instance)); err != nil {
			return err
		}
		return c.stopControllers(values)
	}
	return fmt.Errorf("the bench knows no chart for the release %q", chart.Release)
}

// stopControllers ends the processes whose Deployments the operator has deleted.
func (c *charts) stopControllers(instance map[string]any) error {
	components, _, err := unstructured.NestedStringSlice(instance, "spec", "components")
	if err != nil {
		return err
	}
	for _, component := range components {
		if process := c.Cluster.Processes.Get(component); process != nil {
			if err := process.Stop(); err != nil {
				return err
			}
		}
	}
	return nil
}

func objectOf(o *unstructured.Unstructured) cluster.Object {
	return cluster.Object{APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName()}
}

var _ replay.ChartStandIn = (*charts)(nil)

// namespace of Flux, for the files of this package.
const namespace = fluxrun.Namespace

// afterChart starts the processes beside what a real chart made: the handler
// knows nothing of the bench.
func (b *Bench) afterChart(ctx context.Context, step replay.Step) error {
	if step.Request != replay.Create || strings.HasPrefix(step.By, "stand-in") {
		return nil
	}
	switch {
	case strings.HasSuffix(step.Path, "/Flux/Operator"):
		return b.Flux.StartOperator(ctx)
	case strings.HasSuffix(step.Path, "/Flux/Instance"):
		return b.Flux.StartControllers(ctx, Components...)
	}
	return nil
}
