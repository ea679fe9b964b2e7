package cluster

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Delete deletes objects side by side and waits until all are gone. One that
// does not exist is gone.
func (c *Cluster) Delete(ctx context.Context, objects ...Object) error {
	var problems []error
	for _, o := range objects {
		object := &unstructured.Unstructured{}
		object.SetAPIVersion(o.APIVersion)
		object.SetKind(o.Kind)
		object.SetNamespace(o.Namespace)
		object.SetName(o.Name)
		if err := c.Client.Delete(ctx, object); err != nil && !Absent(err) {
			problems = append(problems, fmt.Errorf("delete %s: %w", o, err))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	for _, o := range objects {
		last := ""
		err := c.Until(ctx, o, func(found *unstructured.Unstructured) bool {
			if found != nil {
				last = remaining(found)
			}
			return found == nil
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("%s does not end%s (%w)", o, last, err))
		}
	}
	return errors.Join(problems...)
}

// Absent tells whether an error says that there is no such object, or that its
// kind is not served.
func Absent(err error) bool { return apierrors.IsNotFound(err) || meta.IsNoMatchError(err) }

// remaining is what the conditions of a namespace, or of a definition, say
// about what holds it up.
func remaining(object *unstructured.Unstructured) (says string) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		condition, _ := item.(map[string]any)
		switch condition["type"] {
		case "NamespaceContentRemaining", "NamespaceFinalizersRemaining", "Terminating":
			if condition["status"] == "True" {
				says += fmt.Sprintf(": %v", condition["message"])
			}
		}
	}
	return says
}
