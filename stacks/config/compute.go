package config

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/constructs/instance"
)

// https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
const (
	maxNodes      = 450
	maxNodeGroups = 30
)

func architectureOf(t instance.Type) Architecture {
	if t.ARM64 {
		return ArchitectureARM64
	}
	return ArchitectureAMD64
}

// checkInstanceType refuses what EKS has no image for.
func checkInstanceType(s string) (want, fix string) {
	_, err := instance.Parse(s)
	if err == nil {
		return "", ""
	}
	if _, wrong := instance.Parse(lower(s)); wrong == nil {
		return instance.Wanted, "use " + show(lower(s))
	}
	return instance.Wanted, "change it: " + err.Error()
}

// Architectures are those of the nodes that an environment's pods can land on.
func (c Compute) Architectures() []Architecture {
	if c.Mode != ComputeNodeGroups {
		return []Architecture{ArchitectureAMD64} // see DefaultPlatform
	}
	var found []Architecture
	for _, g := range c.NodeGroups {
		if !slices.Contains(found, g.Architecture) {
			found = append(found, g.Architecture)
		}
	}
	return found
}

// versions checks Kubernetes, kubectl and Flux against each other.
func (v *validator) versions(e Environment, at string) {
	kubernetes := at + ".kubernetesVersion"
	if !v.ok(kubernetes, at+".flux.version") {
		return
	}
	if err := CheckVersions(e.KubernetesVersion, KubectlMinor, e.Flux.Version); err != nil {
		v.add(kubernetes, e.KubernetesVersion, "versions that fit together", err.Error())
	}
}

func (v *validator) compute(e Environment, at string) {
	groups := at + ".compute.nodeGroups"
	if !v.ok(at + ".compute.mode") {
		return
	}
	switch n := len(e.Compute.NodeGroups); {
	case e.Compute.Mode == ComputeNodeGroups && n == 0 && v.ok(groups):
		v.add(groups, nil, `at least one node group beside mode "node-groups"`, `add one, or use mode "auto"`)
	case e.Compute.Mode == ComputeAuto && n > 0 && v.ok(groups):
		v.add(groups, words(fmt.Sprintf("a list of %d", n)), `no node groups beside mode "auto", which makes its own nodes`,
			`use mode "node-groups", or remove nodeGroups`)
		return
	}
	for i, g := range e.Compute.NodeGroups {
		v.nodeGroup(g, item(groups, i))
	}
}

func (v *validator) nodeGroup(g NodeGroup, at string) {
	if v.ok(at + ".architecture") {
		v.instanceTypes(g, at)
	}
	if !v.ok(at+".min", at+".max", at+".desired") {
		return
	}
	switch {
	case g.Min > g.Max:
		v.add(at+".max", g.Max, fmt.Sprintf("at least min, which is %d", g.Min), "raise max, or lower min")
	case g.Desired < g.Min || g.Desired > g.Max:
		v.add(at+".desired", g.Desired, fmt.Sprintf("from min to max, %d to %d", g.Min, g.Max), "use "+show(min(max(g.Desired, g.Min), g.Max)))
	}
}

// instanceTypes checks that one image fits all types of a node group.
func (v *validator) instanceTypes(g NodeGroup, at string) {
	var first instance.Type
	for i, name := range g.InstanceTypes {
		one := item(at+".instanceTypes", i)
		t, err := instance.Parse(name)
		if err != nil || !v.ok(one) {
			return
		}
		if i == 0 {
			first = t
		}
		a := architectureOf(t)
		switch {
		case a != g.Architecture:
			v.add(one, name, fmt.Sprintf("an instance type with %s processors, and this one has %s", g.Architecture, a),
				"use one like "+show(defaultInstanceTypes[g.Architecture])+", or set architecture to "+show(a))
		case t.Accelerator != first.Accelerator:
			v.add(one, name, "an instance type that boots the same image as "+show(g.InstanceTypes[0])+", and their accelerators differ",
				"make a node group for each")
		case t.Accelerator == instance.Neuron && g.AMI == AMIBottlerocket && v.ok(at+".ami"):
			v.add(at+".ami", g.AMI, "an image with the Neuron driver for "+show(name), "use "+show(AMIAmazonLinux2023))
		}
	}
}

// architectures checks that each app's images run on nodes of every
// environment. On the wrong processor a container ends with "exec format
// error", long after everything was deployed.
func (v *validator) architectures() {
	for i, a := range v.platform.Apps {
		platforms := item(root+".apps", i) + ".platforms"
		if !v.ok(platforms) {
			continue
		}
		for j, e := range v.platform.Environments {
			nodes := e.Compute.Architectures()
			runs := slices.ContainsFunc(nodes, func(n Architecture) bool {
				return slices.Contains(a.Platforms, ImagePlatform("linux/"+n))
			})
			if at := item(root+".environments", j) + ".compute"; runs || len(nodes) == 0 || !v.ok(at) {
				continue
			}
			has := make([]string, len(nodes))
			for k, n := range nodes {
				has[k] = string(n)
			}
			fix := "add " + show("linux/"+string(nodes[0])) + ", or add nodes that fit"
			if e.Compute.Mode == ComputeAuto {
				fix = "add " + show(DefaultPlatform) + `, or use mode "node-groups" with nodes that fit`
			}
			v.add(platforms, a.Platforms, fmt.Sprintf("one that runs in environment %s, whose nodes are %s", show(e.Name), strings.Join(has, " and ")), fix)
		}
	}
}
