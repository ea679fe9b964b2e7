package rules

import (
	"slices"

	"gitops-eks/test/gates/assembly"
)

// autoModeRules are about EKS Auto Mode.
// https://docs.aws.amazon.com/eks/latest/userguide/automode.html
var autoModeRules = []rule{
	{"eks-auto-mode", each(autoModeWhole, "AWS::EKS::Cluster")},
	{"eks-auto-mode-nodes", each(autoModeNodes, "AWS::EKS::Cluster")},
	{"eks-nodes", each(someNodes, "AWS::EKS::Cluster")},
}

// nodePools are those that EKS makes.
var nodePools = []string{"system", "general-purpose"}

func autoMode(cluster *assembly.Resource) bool {
	return isTrue(cluster.Get("ComputeConfig", "Enabled"))
}

// autoModeWhole wants its three parts on or off together; EKS refuses a mix.
func autoModeWhole(v *review, r *assembly.Resource) {
	compute, network, storage := autoMode(r), isTrue(r.Get("KubernetesNetworkConfig", "ElasticLoadBalancing", "Enabled")), isTrue(r.Get("StorageConfig", "BlockStorage", "Enabled"))
	if compute != network || compute != storage {
		v.wrong(r, "set the three to the same", "Auto Mode is on in part: ComputeConfig %t, ElasticLoadBalancing %t, BlockStorage %t; EKS takes all or none", compute, network, storage)
	}
}

func autoModeNodes(v *review, r *assembly.Resource) {
	pools := v.texts(r.Stack, r.Get("ComputeConfig", "NodePools"))
	role := r.Get("ComputeConfig", "NodeRoleArn")
	switch {
	case !autoMode(r) && (len(pools) > 0 || role != nil):
		v.wrong(r, "remove ComputeConfig.NodePools and NodeRoleArn", "node pools are set, but Auto Mode is off")
	case autoMode(r) && len(pools) == 0:
		v.wrong(r, "set ComputeConfig.NodePools to "+one(nodePools), "Auto Mode has no node pool: no pod of the platform gets a node")
	case len(pools) > 0 && role == nil:
		v.wrong(r, "set ComputeConfig.NodeRoleArn", "the node pools have no node role")
	}
	for _, pool := range pools {
		if !slices.Contains(nodePools, pool) {
			v.wrong(r, "use "+one(nodePools), "ComputeConfig.NodePools has %s, EKS has %s", shown(pool), one(nodePools))
		}
	}
	if autoMode(r) && len(pools) > 0 && !slices.Contains(pools, "general-purpose") {
		v.wrong(r, "add general-purpose", "only the pool system is on, whose taint keeps Flux and apps away")
	}
}

// someNodes wants somewhere for pods to run.
func someNodes(v *review, r *assembly.Resource) {
	if !autoMode(r) && len(v.ofCluster(r, "AWS::EKS::Nodegroup")) == 0 {
		v.wrong(r, "turn Auto Mode on, or add a node group", "the cluster has neither Auto Mode nor a node group: nothing can run")
	}
}
