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

// untilOnce opens a watch, looks once and then follows the watch until that
// ends. In this order: what happens between a look and a watch would be missed,
// and the deletion of an object is its last event.
func (c *Cluster) untilOnce(ctx context.Context, o Object, met func(*unstructured.Unstructured) bool) (bool, error) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(o.APIVersion)
	list.SetKind(o.Kind)
	changes, err := c.Client.Watch(ctx, list, client.InNamespace(o.Namespace), client.MatchingFields{"metadata.name": o.Name})
	if err != nil {
		return Absent(err) && met(nil), err
	}
	defer changes.Stop()
	switch object, err := c.Get(ctx, o); {
	case err == nil:
		if met(object) {
			return true, nil
		}
	case !Absent(err):
		return false, err
	case met(nil):
		return true, nil
	}
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
