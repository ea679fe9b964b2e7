package cluster

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// retryInterval is how soon a watch is opened again after an outage of the API
// server, or when the kind of the object is not served yet.
const retryInterval = 200 * time.Millisecond

// Until waits until an object is as met wants it. Met is called with each state
// of the object, with nil when there is none. It watches: polling would slow
// the API server down, and what a test measures would be the poll's interval.
func (c *Cluster) Until(ctx context.Context, o Object, met func(*unstructured.Unstructured) bool) error {
	problem := error(nil)
	for {
		done, err := c.untilOnce(ctx, o, met)
		if done {
			return nil
		}
		if ctx.Err() == nil {
			problem = err
		}
		select {
		case <-ctx.Done():
			if problem != nil {
				return fmt.Errorf("%w; %w", ctx.Err(), problem)
			}
			return ctx.Err()
		case <-time.After(retryInterval):
		}
	}
}

// untilOnce looks once and then follows one watch until that ends.
func (c *Cluster) untilOnce(ctx context.Context, o Object, met func(*unstructured.Unstructured) bool) (bool, error) {
	object, err := c.Get(ctx, o)
	switch {
	case err == nil:
		if met(object) {
			return true, nil
		}
	case !apierrors.IsNotFound(err):
		return false, err
	case met(nil):
		return true, nil
	}
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(o.APIVersion)
	list.SetKind(o.Kind)
	changes, err := c.Client.Watch(ctx, list, client.InNamespace(o.Namespace), client.MatchingFields{"metadata.name": o.Name})
	if err != nil {
		return false, err
	}
	defer changes.Stop()
	for change := range changes.ResultChan() {
		object, ok := change.Object.(*unstructured.Unstructured)
		switch {
		case change.Type == watch.Error || !ok:
			return false, apierrors.FromObject(change.Object)
		case change.Type == watch.Deleted:
			object = nil
		}
		if met(object) {
			return true, nil
		}
	}
	return false, nil
}
