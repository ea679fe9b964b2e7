package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"gitops-eks/test/e2e/bench/appimage"
	"gitops-eks/test/e2e/registry"
)

// pushFirst pushes the release that is there from the start.
func (b *Bench) pushFirst(ctx context.Context) error {
	if b.App == "" {
		_, err := b.Images.PushRandom(ImageRepository, FirstTag)
		return err
	}
	architectures, err := b.Architectures(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := PushApp(ctx, b.Registry, FirstTag, b.App, architectures); err != nil {
		return err
	}
	fmt.Fprintf(b.Progress, "%6.2fs  built and pushed the app's image %s\n", time.Since(start).Seconds(), FirstTag)
	return nil
}

// PushApp builds the app from its source and pushes the image under a tag, as
// the pipeline does, but for the scan.
func PushApp(ctx context.Context, address, tag, source string, architectures []string) error {
	index, err := appimage.Build(ctx, appimage.Options{Source: source, Tag: tag, Architectures: architectures})
	if err != nil {
		return err
	}
	return registry.PushIndex(ctx, address, ImageRepository, tag, index)
}

// Architectures are those of the cluster's nodes.
func (b *Bench) Architectures(ctx context.Context) (found []string, err error) {
	var nodes corev1.NodeList
	if err := b.Cluster.Client.List(ctx, &nodes); err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	for _, node := range nodes.Items {
		if architecture := node.Labels[corev1.LabelArchStable]; architecture != "" && node.Labels[corev1.LabelOSStable] == "linux" {
			found = append(found, architecture)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("the cluster has no node that runs Linux: the app would run nowhere")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
