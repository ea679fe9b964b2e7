package main

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// A state is a line of the status: an object and how it is.
type state struct {
	// heading groups lines, such as Kustomizations.
	heading, name string
	health        health
	says          string
}

type health int

const (
	progressing health = iota
	healthy
	failing
)

// watched are the kinds whose state is shown, in this order, and what is worth
// to be said of an object that is ready.
var watched = []struct {
	heading, version, kind string
	says                   func(*unstructured.Unstructured) string
}{
	{"Source", "source.toolkit.fluxcd.io/v1", "GitRepository", func(o *unstructured.Unstructured) string {
		return short(text(o, "status", "artifact", "revision"))
	}},
	{"Kustomizations", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", func(o *unstructured.Unstructured) string {
		return short(text(o, "status", "lastAppliedRevision"))
	}},
	{"Images", "image.toolkit.fluxcd.io/v1", "ImageRepository", func(o *unstructured.Unstructured) string {
		tags, _, _ := unstructured.NestedInt64(o.Object, "status", "lastScanResult", "tagCount")
		return fmt.Sprintf("%d tagged in %s", tags, text(o, "spec", "image"))
	}},
	{"Newest image", "image.toolkit.fluxcd.io/v1", "ImagePolicy", func(o *unstructured.Unstructured) string {
		return text(o, "status", "latestRef", "tag")
	}},
	{"Image commits", "image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation", func(o *unstructured.Unstructured) string {
		if commit := text(o, "status", "lastPushCommit"); commit != "" {
			return "last " + short("@" + commit)[1:]
		}
		return "none so far"
	}},
}

// states looks at the cluster once.
func states(ctx context.Context, b *bench.Bench) (all []state, err error) {
	for _, kind := range watched {
		objects, err := list(ctx, b, kind.version, kind.kind)
		if err != nil {
			return nil, err
		}
		for i := range objects {
			all = append(all, fluxState(kind.heading, &objects[i], kind.says))
		}
	}
	deployments, err := list(ctx, b, "apps/v1", "Deployment", client.HasLabels{"kustomize.toolkit.fluxcd.io/name"})
	for i := range deployments {
		all = append(all, deploymentState(&deployments[i]))
	}
	return all, err
}

// list has nothing of a kind that is not served: while all is taken down, and
// before it is up.
func list(ctx context.Context, b *bench.Bench, version, kind string, options ...client.ListOption) ([]unstructured.Unstructured, error) {
	objects := &unstructured.UnstructuredList{}
	objects.SetAPIVersion(version)
	objects.SetKind(kind + "List")
	if err := b.Cluster.Client.List(ctx, objects, options...); err != nil && !cluster.Absent(err) {
		return nil, fmt.Errorf("list %s: %w", kind, err)
	}
	return objects.Items, nil
}

func fluxState(heading string, object *unstructured.Unstructured, says func(*unstructured.Unstructured) string) state {
	s := state{heading: heading, name: object.GetName()}
	ready, message := cluster.Condition(object, "Ready")
	switch {
	case ready:
		s.health, s.says = healthy, says(object)
	default:
		_, s.says, _ = strings.Cut(message, ": ")
		// To wait for another is no failure.
		if strings.HasPrefix(message, "False") && !strings.HasPrefix(s.says, "DependencyNotReady") {
			s.health = failing
		}
	}
	return s
}

func deploymentState(object *unstructured.Unstructured) state {
	wanted, _, _ := unstructured.NestedInt64(object.Object, "spec", "replicas")
	ready, _, _ := unstructured.NestedInt64(object.Object, "status", "readyReplicas")
	updated, _, _ := unstructured.NestedInt64(object.Object, "status", "updatedReplicas")
	_, tag, _ := strings.Cut(lastPart(bench.Image(object), "/"), ":")
	s := state{heading: "Deployment", name: object.GetName(), says: fmt.Sprintf("%d of %d ready, %s", ready, wanted, tag)}
	if ready == wanted && updated == wanted {
		s.health = healthy
	}
	if progress, message := cluster.Condition(object, "Progressing"); !progress && strings.HasPrefix(message, "False") {
		s.health = failing
	}
	return s
}

// short makes main@sha1:0123456789… main@0123456.
func short(revision string) string {
	branch, commit, ok := strings.Cut(revision, "@")
	if !ok {
		return revision
	}
	commit = strings.TrimPrefix(commit, "sha1:")
	return branch + "@" + commit[:min(7, len(commit))]
}

func lastPart(text, separator string) string {
	return text[strings.LastIndex(text, separator)+1:]
}

func text(object *unstructured.Unstructured, fields ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, fields...)
	return value
}
