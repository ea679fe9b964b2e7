package manifests

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// checkNetwork holds NetworkPolicies to what apps need: names, and their own
// port from private networks.
func checkNetwork(e *Environment, r *report) {
	resolves := map[string]bool{}
	for _, policy := range all[*networkingv1.NetworkPolicy](e.Objects()) {
		about := e.about("NetworkPolicy", policy)
		about.name += " in " + policy.Namespace
		wrong := func(rule, fix, format string, args ...any) { r.add(rule, about, fix, format, args...) }
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err != nil {
			wrong("selector", "mend podSelector", "%v", err)
			continue
		}
		pods := e.selected(policy.Namespace, selector)
		if len(pods) == 0 && !selector.Empty() {
			wrong("selector", "let podSelector match the labels of the pods", "its selector matches no pods of the namespace %s", policy.Namespace)
		}
		for _, rule := range policy.Spec.Ingress {
			if len(rule.From) == 0 || slices.ContainsFunc(rule.From, everybody) {
				wrong("network-policy", "name the networks or pods that may reach it", "lets everybody in")
			}
			for _, port := range rule.Ports {
				for _, w := range pods {
					if port.Port != nil && !selector.Empty() && !w.listens(*port.Port) {
						wrong("ports", "open a port of the container", "opens port %s, which %s does not have", port.Port.String(), w.ID())
					}
				}
			}
		}
		for _, rule := range policy.Spec.Egress {
			open := len(rule.To) == 0 || slices.ContainsFunc(rule.To, everybody)
			if len(rule.Ports) == 0 && open {
				wrong("network-policy", "name the ports and networks that it needs", "lets its pods reach everything")
			}
			if allowsDNS(rule) && open { // A tunnel through DNS needs no other port.
				wrong("network-policy", "name the cluster's resolver, as infrastructure/policies/network/base/allow-dns.yaml does", "lets its pods ask every server on port 53")
			}
			if selector.Empty() && allowsDNS(rule) && (open || reachesResolver(rule)) {
				resolves[policy.Namespace] = true
			}
		}
	}
	for _, w := range e.workloads() {
		if namespace := w.Raw.GetNamespace(); !resolves[namespace] {
			about := subject{"namespace " + namespace, []string{"infrastructure/policies/network/base/allow-dns.yaml"}}
			r.add("network-policy", about, "add a NetworkPolicy for egress to port 53, UDP and TCP, of the pods k8s-app: kube-dns in kube-system and of "+strings.Join(resolvers, " and "), "no NetworkPolicy lets its pods resolve names")
		}
	}
}

// everybody says whether a peer is everybody: a network of less than 8 fixed bits.
func everybody(peer networkingv1.NetworkPolicyPeer) bool {
	if peer.IPBlock == nil {
		return false
	}
	prefix, err := netip.ParsePrefix(peer.IPBlock.CIDR)
	return err != nil || prefix.Bits() < 8
}

// resolvers are the addresses that the resolver has in EKS Auto Mode, where it is
// no pod. EKS takes the one range of Services or the other, after the VPC's.
var resolvers = []string{"10.100.0.10", "172.20.0.10"}

// reachesResolver says whether a rule names the cluster's resolver, as it is with
// node groups and in Auto Mode.
func reachesResolver(rule networkingv1.NetworkPolicyEgressRule) bool {
	for _, resolver := range resolvers {
		address := netip.MustParseAddr(resolver)
		if !slices.ContainsFunc(rule.To, func(peer networkingv1.NetworkPolicyPeer) bool {
			if peer.IPBlock == nil || len(peer.IPBlock.Except) > 0 {
				return false
			}
			prefix, err := netip.ParsePrefix(peer.IPBlock.CIDR)
			return err == nil && prefix.Contains(address)
		}) {
			return false
		}
	}
	return slices.ContainsFunc(rule.To, func(peer networkingv1.NetworkPolicyPeer) bool {
		return peer.NamespaceSelector != nil && matches(peer.NamespaceSelector, labels.Set{corev1.LabelMetadataName: "kube-system"}) &&
			(peer.PodSelector == nil || matches(peer.PodSelector, labels.Set{"k8s-app": "kube-dns"}))
	})
}

func matches(selector *metav1.LabelSelector, set labels.Set) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(set)
}

func allowsDNS(rule networkingv1.NetworkPolicyEgressRule) bool {
	has := func(protocol corev1.Protocol) bool {
		return slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool {
			return p.Port != nil && *p.Port == intstr.FromInt32(53) && (p.Protocol == nil && protocol == corev1.ProtocolTCP || p.Protocol != nil && *p.Protocol == protocol)
		})
	}
	return has(corev1.ProtocolUDP) && has(corev1.ProtocolTCP)
}
