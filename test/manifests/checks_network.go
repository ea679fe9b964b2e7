package manifests

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
			if len(rule.Ports) == 0 && (len(rule.To) == 0 || slices.ContainsFunc(rule.To, everybody)) {
				wrong("network-policy", "name the ports and networks that it needs", "lets its pods reach everything")
			}
			if selector.Empty() && allowsDNS(rule) {
				resolves[policy.Namespace] = true
			}
		}
	}
	for _, w := range e.workloads() {
		if namespace := w.Raw.GetNamespace(); !resolves[namespace] {
			about := subject{"namespace " + namespace, []string{"infrastructure/policies/network/base/allow-dns.yaml"}}
			r.add("network-policy", about, "add a NetworkPolicy for egress to port 53, UDP and TCP", "no NetworkPolicy lets its pods resolve names")
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

func allowsDNS(rule networkingv1.NetworkPolicyEgressRule) bool {
	has := func(protocol corev1.Protocol) bool {
		return slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool {
			return p.Port != nil && *p.Port == intstr.FromInt32(53) && (p.Protocol == nil && protocol == corev1.ProtocolTCP || p.Protocol != nil && *p.Protocol == protocol)
		})
	}
	return has(corev1.ProtocolUDP) && has(corev1.ProtocolTCP)
}
