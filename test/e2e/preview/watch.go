package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// watched are the kinds whose state is shown.
var watched = []struct{ version, kind string }{
	{"source.toolkit.fluxcd.io/v1", "GitRepository"},
	{"kustomize.toolkit.fluxcd.io/v1", "Kustomization"},
	{"image.toolkit.fluxcd.io/v1", "ImageRepository"},
	{"image.toolkit.fluxcd.io/v1", "ImagePolicy"},
	{"image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation"},
	{"apps/v1", "Deployment"},
}

// period between two looks at the cluster.
const period = 500 * time.Millisecond

// watch prints a line whenever the state of something changes, until ctx ends.
func watch(ctx context.Context, b *bench.Bench, out io.Writer) error {
	last := map[string]string{}
	for ticker := time.NewTicker(period); ; {
		lines, err := states(ctx, b)
		if err != nil && ctx.Err() == nil {
			return err
		}
		var names []string
		for name := range lines {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if lines[name] != last[name] {
				fmt.Fprintf(out, "%s  %-40s %s\n", time.Now().Format("15:04:05"), name, lines[name])
			}
		}
		last = lines
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// states are one line for each object, by its name.
func states(ctx context.Context, b *bench.Bench) (map[string]string, error) {
	lines := map[string]string{}
	for _, kind := range watched {
		list := &unstructured.UnstructuredList{}
		list.SetAPIVersion(kind.version)
		list.SetKind(kind.kind + "List")
		if err := b.Cluster.Client.List(ctx, list); err != nil {
			return nil, err
		}
		for i := range list.Items {
			object := &list.Items[i]
			if kind.kind == "Deployment" && object.GetNamespace() != "hello" {
				continue
			}
			lines[kind.kind+" "+object.GetName()] = state(object)
		}
	}
	return lines, nil
}

func state(object *unstructured.Unstructured) string {
	if object.GetKind() == "Deployment" {
		ready, _, _ := unstructured.NestedInt64(object.Object, "status", "readyReplicas")
		return fmt.Sprintf("%d ready, image %s", ready, bench.Image(object))
	}
	_, says := cluster.Condition(object, "Ready")
	if len(says) > 160 {
		says = says[:160] + "…"
	}
	return says
}
