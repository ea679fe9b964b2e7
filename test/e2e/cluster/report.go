package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
)

// Report shows the state of all Flux objects, the events and the last lines of
// each log: what one needs to know after a failure.
func (c *Cluster) Report(ctx context.Context) string {
	// It is called when the deadline of a test is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	var text strings.Builder
	if c.Client != nil {
		c.reportFlux(ctx, &text)
		c.reportEvents(ctx, &text)
	}
	text.WriteString(c.Processes.Tail(8))
	return text.String()
}

func (c *Cluster) reportFlux(ctx context.Context, text *strings.Builder) {
	fmt.Fprintln(text, "--- Flux objects")
	client, err := discovery.NewDiscoveryClientForConfig(c.Config)
	if err != nil {
		fmt.Fprintln(text, err)
		return
	}
	lists, err := client.ServerPreferredResources()
	if err != nil {
		fmt.Fprintln(text, err) // and what was found all the same
	}
	for _, list := range lists {
		if !strings.Contains(list.GroupVersion, "fluxcd") {
			continue
		}
		for _, resource := range list.APIResources {
			var objects unstructured.UnstructuredList
			objects.SetAPIVersion(list.GroupVersion)
			objects.SetKind(resource.Kind)
			if !slices.Contains(resource.Verbs, "list") || c.Client.List(ctx, &objects) != nil {
				continue
			}
			for _, object := range objects.Items {
				// Alerts and Providers have no status.
				if _, says := Condition(&object, "Ready"); says != "" {
					fmt.Fprintf(text, "%s %s: Ready %s\n", object.GetKind(), name(&object), says)
				}
			}
		}
	}
}

func (c *Cluster) reportEvents(ctx context.Context, text *strings.Builder) {
	fmt.Fprintln(text, "--- warnings")
	var events corev1.EventList
	if err := c.Client.List(ctx, &events); err != nil {
		fmt.Fprintln(text, err)
		return
	}
	slices.SortFunc(events.Items, func(a, b corev1.Event) int { return Seen(a).Compare(Seen(b)) })
	for _, e := range events.Items {
		if e.Type == corev1.EventTypeWarning {
			fmt.Fprintf(text, "%s %s %s/%s: %s: %s\n", Seen(e).Format(time.TimeOnly), e.InvolvedObject.Kind, e.InvolvedObject.Namespace, e.InvolvedObject.Name, e.Reason, e.Message)
		}
	}
}

// Seen is when an event was seen last: the fields differ between the two APIs of events.
func Seen(e corev1.Event) time.Time {
	for _, t := range []metav1.Time{e.LastTimestamp, {Time: e.EventTime.Time}} {
		if !t.IsZero() {
			return t.Time
		}
	}
	return e.CreationTimestamp.Time
}
