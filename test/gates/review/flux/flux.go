// Package flux compares what Flux applies to a cluster at base and at head,
// object by object, and judges what it would delete and open.
package flux

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/objects"
	"gitops-eks/test/manifests"
)

const (
	part  = "Flux"
	group = "kustomize.toolkit.fluxcd.io"
)

// generated is the suffix that kustomize makes of a ConfigMap's content:
// https://github.com/kubernetes-sigs/kustomize/blob/master/api/hasher/hasher.go
var generated = regexp.MustCompile(`-[bcdfghkmt2456789]{10}$`)

// item is an object and the Kustomization that applies it.
type item struct {
	*unstructured.Unstructured
	sync manifests.Rendered
}

// id is how a report and an override name it, such as "Deployment hello/hello".
func (i item) id() string {
	name := i.GetName()
	if i.GetNamespace() != "" {
		name = i.GetNamespace() + "/" + name
	}
	return i.GetKind() + " " + name
}

// key is the same for both versions of an object. A generated name counts
// without its hash: the object that replaces it is the same to a reader.
func (i item) key() string {
	name := i.GetName()
	if i.GetKind() == "ConfigMap" || i.GetKind() == "Secret" {
		name = generated.ReplaceAllString(name, "")
	}
	return strings.Join([]string{i.GroupVersionKind().Group, i.GetKind(), i.GetNamespace(), name}, "|")
}

func items(rendered []manifests.Rendered) map[string]item {
	all := map[string]item{}
	for _, sync := range rendered {
		for _, object := range sync.Objects {
			one := item{object, sync}
			all[one.key()] = one
		}
	}
	return all
}

// comparison is that of one environment.
type comparison struct {
	environment string
	base, head  map[string]item
	// syncs of head, by namespace and name.
	syncs  map[string]manifests.Rendered
	result change.Result
}

// Compare compares what both sides render for an environment.
func Compare(environment string, base, head []manifests.Rendered) (change.Result, error) {
	c := &comparison{environment: environment, base: items(base), head: items(head), syncs: map[string]manifests.Rendered{}}
	for _, sync := range head {
		c.syncs[sync.Namespace+"/"+sync.Name] = sync
	}
	for _, key := range slices.Sorted(maps.Keys(c.base)) {
		old := c.base[key]
		if next, ok := c.head[key]; !ok {
			c.removed(old)
		} else if err := c.changed(old, next); err != nil {
			return c.result, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.head)) {
		if _, ok := c.base[key]; ok {
			continue
		}
		if err := c.added(c.head[key]); err != nil {
			return c.result, err
		}
	}
	return c.result, nil
}

func (c *comparison) name(i item) string { return c.environment + "/" + i.id() }

func (c *comparison) tell(action change.Action, i item, short string, lines []string) {
	c.result.Changes = append(c.result.Changes, change.Change{
		Environment: c.environment, Part: part, Action: action, Name: i.id(), Short: short, Lines: lines,
	})
}

func (c *comparison) added(i item) error {
	lines, err := objects.Whole("+ ", i.Object)
	c.tell(change.Added, i, "", lines)
	c.open(i, opened(nil, i.Object))
	return err
}

func (c *comparison) changed(old, next item) error {
	before, now := old.Object, next.Object
	if old.GetName() != next.GetName() { // the hash says only that something else differs
		before, now = nameless(old), nameless(next)
	}
	short, lines, err := objects.Diff(before, now)
	if err != nil {
		return err
	}
	if old.sync.Name != next.sync.Name {
		moves := fmt.Sprintf("moves from the Kustomization %s to %s", old.sync.Name, next.sync.Name)
		lines = append(lines, "  "+moves)
		if short = ""; len(lines) == 1 {
			short = moves
		}
	}
	if len(lines) == 0 {
		return nil
	}
	c.tell(change.Changed, next, short, lines)
	c.open(next, opened(old.Object, next.Object))
	return nil
}

func nameless(i item) map[string]any {
	object := i.DeepCopy()
	unstructured.RemoveNestedField(object.Object, "metadata", "name")
	return object.Object
}

// open tells of wider access, which has to be accepted. What is new in the
// cluster counts where it opens it to the outside or gives everything.
func (c *comparison) open(i item, said []string) {
	if len(said) == 0 {
		return
	}
	c.result.Risks = append(c.result.Risks, change.Risk{
		Environment: c.environment, Class: change.Access, Name: c.name(i), What: said[0], More: said[1:], Accept: change.AllowAccess,
	})
}
