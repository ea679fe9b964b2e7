// Package incluster reviews what a deployment puts into the clusters: the custom
// resources of CDK's handler, the objects and charts in them, and their order.
package incluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// prefix is what the types of the handler's custom resources begin with.
const prefix = "Custom::AWSCDK-EKS-"

// The handler's custom resources.
const (
	manifestType = prefix + "KubernetesResource"
	chartType    = prefix + "HelmChart"
	patchType    = prefix + "KubernetesPatch"
	valueType    = prefix + "KubernetesObjectValue"
)

// New is the gate.
func New() gate.Gate {
	return gate.Gate{Name: "incluster", Run: func(_ context.Context, in gate.Input) ([]finding.Finding, error) {
		return Check(in.Assembly), nil
	}}
}

// Check reviews every cluster of an assembly.
func Check(a *assembly.Assembly) []finding.Finding {
	r := &review{resolver: resolver{a}, graph: newGraph(a)}
	for _, c := range r.clusters() {
		r.checkObjects(c)
		r.checkFlux(c)
		r.checkSync(c)
		r.checkGuard(c)
		r.checkLockdown(c)
		r.checkReady(c)
		r.checkAccess(c)
		r.checkIdentities(c)
		r.checkNetworkPolicies(c)
		r.checkOrder(c)
	}
	return r.findings
}

// review collects the findings of one run.
type review struct {
	resolver
	graph    *graph
	findings []finding.Finding
}

func (r *review) add(rule string, at *assembly.Resource, fix, format string, args ...any) {
	f := finding.Finding{
		Rule: rule, Stack: at.Stack.ID, LogicalID: at.LogicalID, Path: at.Path,
		Problem: fmt.Sprintf(format, args...), Fix: fix,
	}
	if !slices.Contains(r.findings, f) {
		r.findings = append(r.findings, f)
	}
}

// cluster is an EKS cluster with all that the handler puts into it.
type cluster struct {
	*assembly.Resource
	parts []*part
}

// clusters reads the custom resources. What is wrong with one by itself is
// reported here.
func (r *review) clusters() []*cluster {
	var found []*cluster
	for _, resource := range r.assembly.All("AWS::EKS::Cluster") {
		found = append(found, &cluster{Resource: resource})
	}
	for _, resource := range r.assembly.All() {
		if !strings.HasPrefix(resource.Type, prefix) {
			continue
		}
		p := r.read(resource)
		of := slices.IndexFunc(found, func(c *cluster) bool { return c.Resource == p.cluster })
		switch {
		case of >= 0:
			found[of].parts = append(found[of].parts, p)
		case len(found) > 0:
			// Its own stack says which it belongs to: the other rules still look at it.
			for _, c := range found {
				if environmentOf(c.Stack) == environmentOf(resource.Stack) {
					c.parts = append(c.parts, p)
				}
			}
		}
	}
	return found
}

// environmentOf is the part of a stack's id before its last word.
func environmentOf(s *assembly.Stack) string {
	if at := strings.LastIndex(s.ID, "-"); at > 0 {
		return s.ID[:at]
	}
	return s.ID
}

// missing reports something that a cluster should have, at the stack where it
// should be.
func (r *review) missing(rule string, c *cluster, fix, format string, args ...any) {
	at := c.Resource
	for _, p := range c.parts {
		if p.Stack != c.Stack {
			at = &assembly.Resource{Stack: p.Stack}
		}
	}
	r.add(rule, at, fix, format, args...)
}
