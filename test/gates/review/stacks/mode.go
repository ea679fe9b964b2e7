package stacks

import (
	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/review/change"
)

// switched is the risk of a cluster that goes from EKS Auto Mode to node groups
// or back: its old nodes, and the volumes' and load balancers' controllers, go
// in the deployment that brings the new ones.
// https://docs.aws.amazon.com/eks/latest/userguide/auto-disable.html
func switched(d *delta) []change.Risk {
	if d.old == nil || d.head == nil || d.head.Type != "AWS::EKS::Cluster" || auto(d.old) == auto(d.head) {
		return nil
	}
	what := "EKS Auto Mode is switched off: its nodes end with everything on them before the node groups' can take it over, and " +
		"volumes and load balancers of its classes lose their controller"
	if auto(d.head) {
		what = "EKS Auto Mode is switched on and the node groups go: everything on them stops until Auto Mode has made nodes, and " +
			"volumes of the add-on's class lose their controller"
	}
	return []change.Risk{{
		Environment: d.environment, Class: change.Loss, Name: d.name(), Accept: change.AllowReplacement,
		What: what + "; make an environment of the other kind and move to it, or accept the outage",
	}}
}

func auto(cluster *assembly.Resource) bool { return cluster.Get("ComputeConfig", "Enabled") == true }
