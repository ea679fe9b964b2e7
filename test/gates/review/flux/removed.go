package flux

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/objects"
)

// removed tells what becomes of an object that is no longer rendered. One of a
// Kustomization that is removed itself is told with that one.
func (c *comparison) removed(i item) {
	c.tell(change.Removed, i, "of the Kustomization "+i.sync.Name, nil)
	if said := closed(i.Object); said != "" {
		c.open(i, []string{said})
	}
	if sync, gone := c.goneSync(i); gone {
		if objects.Holds(i.GetKind()) == "" || c.stays(sync) {
			return
		}
	}
	risk := change.Risk{Environment: c.environment, Class: change.Prune, Name: c.name(i)}
	switch {
	case isSync(i):
		c.removedSync(i, &risk)
	case c.keeps(i):
		risk.What = "is no longer rendered, and Flux does not prune it: it stays in the cluster, and nothing manages it"
	default:
		risk.What = "prune will delete it"
		if what := objects.Holds(i.GetKind()); what != "" {
			risk.What += ". Lost: " + what
			risk.Accept = change.AllowDeletion
		}
	}
	if as := c.successor(i); as != nil {
		risk.More = append(risk.More, "it is created anew as "+as.id()+": to Kubernetes, a renamed object is another one")
	}
	c.result.Risks = append(c.result.Risks, risk)
}

func isSync(i item) bool {
	return i.GetKind() == "Kustomization" && i.GroupVersionKind().Group == group
}

// goneSync is the object of the Kustomization that applied i, when that is
// removed, too.
func (c *comparison) goneSync(i item) (item, bool) {
	key := strings.Join([]string{group, "Kustomization", i.sync.Namespace, i.sync.Name}, "|")
	sync, was := c.base[key]
	_, is := c.head[key]
	return sync, was && !is
}

// keeps says whether Flux leaves the object in the cluster.
func (c *comparison) keeps(i item) bool {
	if i.GetAnnotations()[group+"/prune"] == "disabled" || i.GetLabels()[group+"/prune"] == "disabled" {
		return true
	}
	if sync, ok := c.syncs[i.sync.Namespace+"/"+i.sync.Name]; ok {
		return !sync.Prune
	}
	return !i.sync.Prune
}

// stays says whether what a Kustomization applied outlives it:
// https://fluxcd.io/flux/components/kustomize/kustomizations/#deletion-policy
func (c *comparison) stays(sync item) bool {
	policy, _, _ := unstructured.NestedString(sync.Object, "spec", "deletionPolicy")
	switch policy {
	case "Orphan":
		return true
	case "Delete", "WaitForTermination":
		return false
	}
	prune, _, _ := unstructured.NestedBool(sync.Object, "spec", "prune")
	return !prune
}

func (c *comparison) removedSync(sync item, risk *change.Risk) {
	risk.Accept = change.AllowDeletion
	kinds, count := map[string]int{}, 0
	for _, i := range c.base {
		if _, elsewhere := c.head[i.key()]; !elsewhere && i.sync.Name == sync.GetName() && i.sync.Namespace == sync.GetNamespace() {
			kinds[i.GetKind()]++
			count++
		}
	}
	var said []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		said = append(said, fmt.Sprintf("%d %s", kinds[kind], kind))
	}
	what := fmt.Sprintf("%d objects (%s)", count, strings.Join(said, ", "))
	if c.stays(sync) {
		risk.What = fmt.Sprintf("the Kustomization is removed; its %s stay in the cluster, and nothing manages them", what)
		return
	}
	risk.What = fmt.Sprintf("the Kustomization is removed, and prune will delete its %s", what)
}

// successor is a new object that is the removed one under another name.
func (c *comparison) successor(gone item) *item {
	for _, key := range slices.Sorted(maps.Keys(c.head)) {
		next := c.head[key]
		if _, was := c.base[key]; was || next.GroupVersionKind() != gone.GroupVersionKind() {
			continue
		}
		if reflect.DeepEqual(placeless(next), placeless(gone)) {
			return &next
		}
	}
	return nil
}

func placeless(i item) map[string]any {
	object := nameless(i)
	unstructured.RemoveNestedField(object, "metadata", "namespace")
	return object
}
