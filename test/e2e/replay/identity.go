package replay

import (
	"fmt"
	"slices"
)

const typeIdentity = "AWS::EKS::PodIdentityAssociation"

// PodIdentity is an association of a service account with a role.
type PodIdentity struct {
	// Path of the construct.
	Path string
	// Namespace and ServiceAccount whose pods get the role's credentials.
	Namespace, ServiceAccount string
	// Unawaited are the charts that may be installed before it is there. Their
	// pods would run without credentials until somebody restarts them.
	Unawaited []string
}

// PodIdentities lists the associations of the environment's cluster. In AWS
// one that names an account which no pod has is made without complaint. It is
// an error when one is of another cluster.
func (r *Replay) PodIdentities() (found []PodIdentity, err error) {
	stacks, err := r.Assembly.stacksOf(r.Environment)
	if err != nil {
		return nil, err
	}
	for i, stack := range stacks {
		for _, resource := range stack.template.Resources.ordered {
			if resource.Type != typeIdentity {
				continue
			}
			identity, err := r.podIdentity(resource)
			if err != nil {
				return nil, err
			}
			if identity.Unawaited, err = unawaited(resource, stacks[:i+1]); err != nil {
				return nil, err
			}
			found = append(found, identity)
		}
	}
	return found, nil
}

func (r *Replay) podIdentity(resource *Resource) (PodIdentity, error) {
	identity := PodIdentity{Path: resource.Path()}
	var cluster string
	for property, value := range map[string]*string{"ClusterName": &cluster, "Namespace": &identity.Namespace, "ServiceAccount": &identity.ServiceAccount} {
		var err error
		if *value, err = r.resolver(r.Assembly).in(resource.Stack).text(resource.Path()+"."+property, resource.Properties[property]); err != nil {
			return identity, err
		}
	}
	if cluster != r.cluster {
		return identity, fmt.Errorf("%s is of the cluster %s, want %s", resource.Path(), cluster, r.cluster)
	}
	return identity, nil
}

// unawaited are the charts of these stacks that do not depend on a resource of
// the last of them. Stacks that come later wait for all of it.
func unawaited(resource *Resource, stacks []*Stack) (charts []string, err error) {
	for _, stack := range stacks {
		for _, chart := range stack.template.Resources.ordered {
			if chart.Type != typeChart {
				continue
			}
			needs, err := chart.needs()
			if err != nil {
				return nil, err
			}
			if stack != resource.Stack || !slices.Contains(needs, resource.LogicalID) {
				charts = append(charts, chart.Path())
			}
		}
	}
	return charts, nil
}
