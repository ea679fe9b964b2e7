package manifests

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// selected are the workloads of a namespace whose pods the selector matches.
func (e *Environment) selected(namespace string, selector labels.Selector) []workload {
	return slices.DeleteFunc(e.workloads(), func(w workload) bool {
		return w.Raw.GetNamespace() != namespace || !selector.Matches(w.labels)
	})
}

// listens says whether a container of the workload has the port, by name or number.
func (w workload) listens(port intstr.IntOrString) bool {
	return slices.ContainsFunc(w.spec.Containers, func(c corev1.Container) bool { return hasPort(c, port) })
}

func hasPort(c corev1.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		if port.Type == intstr.String {
			return p.Name == port.StrVal
		}
		return p.ContainerPort == port.IntVal
	})
}

// checkPorts holds that probes ask at a port that the container has.
func checkPorts(e *Environment, r *report) {
	for _, w := range e.workloads() {
		for _, c := range w.spec.Containers {
			for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
				if probe == nil {
					continue
				}
				var port intstr.IntOrString
				switch {
				case probe.HTTPGet != nil:
					port = probe.HTTPGet.Port
				case probe.TCPSocket != nil:
					port = probe.TCPSocket.Port
				case probe.GRPC != nil:
					port = intstr.FromInt32(probe.GRPC.Port)
				default:
					continue
				}
				if !hasPort(c, port) {
					r.add("ports", w.subject(), "name a port of the container", "container %s: its %s probe asks at port %s, which it does not have", c.Name, name, port.String())
				}
			}
		}
	}
}

// checkServices holds that each Service and each Ingress leads to something.
func checkServices(e *Environment, r *report) {
	objects := e.Objects()
	services := all[*corev1.Service](objects)
	for _, service := range services {
		wrong := func(rule, fix, format string, args ...any) {
			r.add(rule, e.about("Service", service), fix, format, args...)
		}
		if service.Spec.Type != "" && service.Spec.Type != corev1.ServiceTypeClusterIP || len(service.Spec.ExternalIPs) > 0 {
			wrong("service", "set type: ClusterIP; the way in is an Ingress", "type %s opens it to the outside", service.Spec.Type)
		}
		if len(service.Spec.Selector) == 0 {
			continue
		}
		pods := e.selected(service.Namespace, labels.SelectorFromSet(service.Spec.Selector))
		if len(pods) == 0 {
			wrong("selector", "let the selector match the labels of the pods", "its selector matches no pods of the namespace %s", service.Namespace)
		}
		for _, port := range service.Spec.Ports {
			target := port.TargetPort
			if target.Type == intstr.Int && target.IntVal == 0 {
				target = intstr.FromInt32(port.Port)
			}
			for _, w := range pods {
				if !w.listens(target) {
					wrong("ports", "name a port of the container in targetPort", "port %d leads to port %s, which %s does not have", port.Port, target.String(), w.ID())
				}
			}
		}
	}
	for _, ingress := range all[*networkingv1.Ingress](objects) {
		for _, rule := range ingress.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for _, path := range rule.HTTP.Paths {
				if backend := path.Backend.Service; backend != nil && !leadsTo(services, ingress.Namespace, backend) {
					r.add("ingress", e.about("Ingress", ingress), "name a Service and a port of it", "leads to %s, port %s%d, which does not exist", backend.Name, backend.Port.Name, backend.Port.Number)
				}
			}
		}
	}
}

func leadsTo(services []*corev1.Service, namespace string, backend *networkingv1.IngressServiceBackend) bool {
	return slices.ContainsFunc(services, func(s *corev1.Service) bool {
		return s.Namespace == namespace && s.Name == backend.Name && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
			return p.Name == backend.Port.Name && p.Name != "" || p.Port == backend.Port.Number
		})
	})
}

// checkBudgets holds that a PodDisruptionBudget protects pods and lets a node
// be drained: one that allows no eviction stops every upgrade of the nodes.
func checkBudgets(e *Environment, r *report) {
	objects := e.Objects()
	for _, budget := range all[*policyv1.PodDisruptionBudget](objects) {
		wrong := func(fix, format string, args ...any) {
			r.add("budget", e.about("PodDisruptionBudget", budget), fix, format, args...)
		}
		most, least := budget.Spec.MaxUnavailable, budget.Spec.MinAvailable
		if most != nil && (most.String() == "0" || most.String() == "0%") {
			wrong("set maxUnavailable: 1", "maxUnavailable %s lets no node be drained", most.String())
		}
		if most == nil && least == nil || most != nil && least != nil {
			wrong("set maxUnavailable: 1", "wants either maxUnavailable or minAvailable")
		}
		if budget.Spec.Selector == nil {
			continue
		}
		matched := 0
		for _, object := range e.workloads() {
			if object.Raw.GetNamespace() != budget.Namespace || !selects(budget.Spec.Selector, object.labels) {
				continue
			}
			matched++
			if least != nil && blocks(objects, object, least) {
				wrong("set maxUnavailable: 1 instead", "minAvailable %s lets no node be drained while %s has its least number of pods", least.String(), object.ID())
			}
		}
		if matched == 0 {
			wrong("let the selector match the labels of the pods", "its selector matches no pods of the namespace %s", budget.Namespace)
		}
	}
}

// blocks says whether so many must be available that none may go.
func blocks(objects []Object, w workload, least *intstr.IntOrString) bool {
	replicas := 1
	for _, deployment := range deployments(objects, w) {
		if scaler := scalerOf(objects, deployment); scaler != nil && scaler.Spec.MinReplicas != nil {
			replicas = int(*scaler.Spec.MinReplicas)
		} else if deployment.Spec.Replicas != nil {
			replicas = int(*deployment.Spec.Replicas)
		}
	}
	count, err := intstr.GetScaledValueFromIntOrPercent(least, replicas, true)
	return err != nil || count >= replicas
}
