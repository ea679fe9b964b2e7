package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// routine begins what controllers say when nothing has changed, or not yet.
var routine = []string{"Reconciliation finished in", "no updates made", "no new tags found", "garbage collected", "stored fetch of same revision", "no changes since last reconcil", "repository up-to-date", "Dependencies do not meet ready condition"}

// An event is something that Flux did or failed to do, or that became of a pod
// of an app.
type event struct {
	when    time.Time
	object  string
	says    string
	warning bool
}

// events lists what happened since, the oldest first.
func events(ctx context.Context, b *bench.Bench, since time.Time) (all []event, err error) {
	var list corev1.EventList
	if err := b.Cluster.Client.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	for _, e := range list.Items {
		if when := cluster.Seen(e); when.After(since) && interesting(e) {
			says := strings.Join(strings.Fields(e.Message), " ")
			all = append(all, event{when: when, object: e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name, says: says, warning: e.Type == corev1.EventTypeWarning})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.when.Compare(b.when) })
	return all, nil
}

func interesting(e corev1.Event) bool {
	if strings.Contains(e.InvolvedObject.APIVersion, "toolkit.fluxcd.io") {
		return !slices.ContainsFunc(routine, func(start string) bool { return strings.HasPrefix(e.Message, start) })
	}
	// The rest of a namespace of an app is for whoever debugs it.
	return e.InvolvedObject.Namespace == bench.AppNamespace && e.Type == corev1.EventTypeWarning && e.InvolvedObject.Kind == "Pod"
}
