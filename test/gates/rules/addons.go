package rules

import (
	"encoding/json"
	"regexp"
	"slices"

	"gitops-eks/test/gates/assembly"
)

// addonRules are about EKS add-ons.
var addonRules = []rule{
	{"eks-addon-name", each(addonName, "AWS::EKS::Addon")},
	{"eks-addon-version", each(addonVersion, "AWS::EKS::Addon")},
	{"eks-addon-configuration", each(addonConfiguration, "AWS::EKS::Addon")},
	{"eks-addon-duplicate", each(addonDuplicate, "AWS::EKS::Addon")},
	{"eks-addons-needed", each(addonsNeeded, "AWS::EKS::Cluster")},
	{"eks-addon-identity", each(addonIdentity, "AWS::EKS::Addon")},
}

// addons are AWS's own, with the service account that takes a role; empty for none.
// https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
var addons = map[string]string{
	"adot":                                     "adot-col-prom-metrics",
	"amazon-cloudwatch-observability":          "cloudwatch-agent",
	"aws-ebs-csi-driver":                       "ebs-csi-controller-sa",
	"aws-efs-csi-driver":                       "efs-csi-controller-sa",
	"aws-fsx-csi-driver":                       "fsx-csi-controller-sa",
	"aws-guardduty-agent":                      "",
	"aws-mountpoint-s3-csi-driver":             "s3-csi-driver-sa",
	"aws-network-flow-monitoring-agent":        "aws-network-flow-monitor-agent-service-account",
	"aws-privateca-connector-for-kubernetes":   "aws-privateca-issuer",
	"aws-secrets-store-csi-driver-provider":    "",
	"cert-manager":                             "",
	"coredns":                                  "",
	"eks-node-monitoring-agent":                "",
	"eks-pod-identity-agent":                   "",
	"external-dns":                             "external-dns",
	"kube-proxy":                               "",
	"kube-state-metrics":                       "",
	"metrics-server":                           "",
	"prometheus-node-exporter":                 "",
	"snapshot-controller":                      "",
	"vpc-cni":                                  "aws-node",
	"amazon-sagemaker-hyperpod-taskgovernance": "",
}

// neededAddons are part of Auto Mode, and have to be declared without it.
var neededAddons = []string{"coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"}

func addonName(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("AddonName"))
	if _, ok := addons[name]; !ok {
		fix := "use a name that aws eks describe-addon-versions lists"
		if meant := near(name, keys(addons)); meant != "" {
			fix = "did you mean " + meant + "?"
		}
		v.wrong(r, fix, "EKS has no add-on %s", shown(name))
	}
}

// addonShape is that of every version: v1.20.4-eksbuild.1.
var addonShape = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$`)

func addonVersion(v *review, r *assembly.Resource) {
	const fix = "refer to the Version of a Custom::AddonVersion"
	if asked := v.target(r.Stack, r.Get("AddonVersion")); asked != nil && asked.Type == "Custom::AddonVersion" {
		if name := v.text(asked.Stack, asked.Get("AddonName")); name != v.text(r.Stack, r.Get("AddonName")) {
			v.wrong(r, fix, "AddonVersion is that of another add-on, %s", name)
		}
		if cluster := v.clusterOf(r); cluster != nil && v.text(asked.Stack, asked.Get("KubernetesVersion")) != v.text(cluster.Stack, cluster.Get("Version")) {
			v.wrong(r, fix, "AddonVersion is for another Kubernetes than the cluster's")
		}
		return
	}
	version := v.text(r.Stack, r.Get("AddonVersion"))
	switch {
	case version == "":
		v.wrong(r, fix, "AddonVersion is not set: an upgrade of the cluster leaves the add-on behind")
	case !addonShape.MatchString(version):
		v.wrong(r, fix, "AddonVersion is %s, want the shape v1.20.4-eksbuild.1", shown(version))
	}
}

func addonConfiguration(v *review, r *assembly.Resource) {
	text := v.text(r.Stack, r.Get("ConfigurationValues"))
	if text == "" {
		return
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		v.wrong(r, "write a JSON object", "ConfigurationValues is no JSON object: %v", err)
		return
	}
	// The CNI's own schema wants text where a boolean is expected.
	// https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
	if value, ok := values["enableNetworkPolicy"]; ok && v.text(r.Stack, r.Get("AddonName")) == "vpc-cni" && value != "true" {
		v.wrong(r, `set enableNetworkPolicy to "true"`, "enableNetworkPolicy is %v: the cluster's NetworkPolicies are without effect", value)
	}
}

func addonDuplicate(v *review, r *assembly.Resource) {
	for _, other := range r.Stack.All("AWS::EKS::Addon") {
		if other != r && v.clusterOf(other) == v.clusterOf(r) && other.Get("AddonName") == r.Get("AddonName") {
			v.wrong(r, "keep one of the two", "the cluster has the add-on %v already, as %s", r.Get("AddonName"), other.LogicalID)
		}
	}
}

func addonsNeeded(v *review, r *assembly.Resource) {
	have := map[string]*assembly.Resource{}
	for _, addon := range v.ofCluster(r, "AWS::EKS::Addon") {
		have[v.text(addon.Stack, addon.Get("AddonName"))] = addon
	}
	if have["metrics-server"] == nil {
		v.wrong(r, "add an AWS::EKS::Addon metrics-server", "the cluster has no metrics-server: no HorizontalPodAutoscaler scales")
	}
	if autoMode(r) {
		return
	}
	for _, name := range neededAddons {
		if have[name] == nil {
			v.wrong(r, "add an AWS::EKS::Addon "+name, "the cluster has no Auto Mode and no add-on %s: nodes do not become ready, or pods get no names, addresses or credentials", name)
		}
	}
	if cni := have["vpc-cni"]; cni != nil && at(cni.Properties, "ConfigurationValues") == nil {
		v.wrong(cni, `set ConfigurationValues to {"enableNetworkPolicy":"true"}`, "NetworkPolicies are not enforced: the CNI does so only when told to")
	}
}

// addonIdentity wants the service account that the add-on runs as, and a role
// that Pod Identity can take.
func addonIdentity(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("AddonName"))
	for _, identity := range assembly.List(r.Get("PodIdentityAssociations")) {
		if account := v.text(r.Stack, at(identity, "ServiceAccount")); addons[name] != "" && account != addons[name] {
			v.wrong(r, "use the service account "+addons[name], "PodIdentityAssociations has the service account %s, the add-on %s runs as %s", shown(account), name, addons[name])
		}
		v.podRole(r, at(identity, "RoleArn"), "kube-system", v.text(r.Stack, at(identity, "ServiceAccount")))
	}
	// Without a role the driver starts and cannot make a single volume.
	if name == "aws-ebs-csi-driver" && len(assembly.List(r.Get("PodIdentityAssociations"))) == 0 && r.Get("ServiceAccountRoleArn") == nil {
		v.wrong(r, "add PodIdentityAssociations with a role that has AmazonEBSCSIDriverPolicy", "the driver has no role: no volume can be made")
	}
}

func keys(m map[string]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
