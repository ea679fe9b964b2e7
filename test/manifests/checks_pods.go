package manifests

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/admission"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// appStop is how long the sample app takes to stop, lame duck and drain; app/server.go.
const appStop = 18

var evaluator = func() policy.Evaluator {
	e, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err)
	}
	return e
}()

// checkPods holds every workload to the restricted Pod Security standard and to what
// that does not ask for: a read-only root, limits, probes, our registry.
func checkPods(e *Environment) []string {
	var problems []string
	restricted := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.MajorMinorVersion(1, 36)}
	for _, object := range e.Objects() {
		if object.Typed == nil || object.Raw.GetKind() == "Namespace" {
			continue
		}
		metadata, spec, err := admission.DefaultPodSpecExtractor{}.ExtractPodSpec(object.Typed)
		if err != nil || spec == nil {
			continue // Not a workload.
		}
		wrong := func(format string, args ...any) {
			problems = append(problems, object.ID()+": "+fmt.Sprintf(format, args...))
		}
		if result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, metadata, spec)); !result.Allowed {
			wrong("not restricted: %s", result.ForbiddenDetail())
		}
		if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
			wrong("mounts a ServiceAccount token")
		}
		if spec.ServiceAccountName == "" {
			wrong("runs as the default ServiceAccount")
		}
		if len(spec.TopologySpreadConstraints) == 0 {
			wrong("is not spread")
		}
		for _, container := range slices.Concat(spec.InitContainers, spec.Containers) {
			checkContainer(e, container, wrong)
		}
		var preStop int64
		for _, container := range spec.Containers {
			if container.LivenessProbe == nil || container.ReadinessProbe == nil || container.StartupProbe == nil {
				wrong("container %s: startup, liveness and readiness probes are not all there", container.Name)
			}
			if container.Lifecycle == nil || container.Lifecycle.PreStop == nil || container.Lifecycle.PreStop.Sleep == nil {
				wrong("container %s: no preStop sleep", container.Name)
				continue
			}
			preStop = max(preStop, container.Lifecycle.PreStop.Sleep.Seconds)
		}
		if grace := spec.TerminationGracePeriodSeconds; grace == nil || *grace < preStop+appStop {
			wrong("grace period is shorter than preStop sleep and drain, %d s", preStop+appStop)
		}
	}
	return problems
}

func checkContainer(e *Environment, c corev1.Container, wrong func(string, ...any)) {
	if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
		wrong("container %s: root file system is writable", c.Name)
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if _, ok := c.Resources.Requests[name]; !ok {
			wrong("container %s: no %s request", c.Name, name)
		}
		if _, ok := c.Resources.Limits[name]; !ok {
			wrong("container %s: no %s limit", c.Name, name)
		}
	}
	prefix := factsFor(e.Name)["image_prefix"] + "/"
	if !strings.HasPrefix(c.Image, prefix) {
		wrong("container %s: image %s is not from %s", c.Name, c.Image, prefix)
	}
	if _, tag, ok := strings.Cut(strings.TrimPrefix(c.Image, prefix), ":"); !ok || !tagPattern.MatchString(tag) {
		wrong("container %s: image %s has no tag of the pipeline's form", c.Name, c.Image)
	}
}

// checkScaling holds that replicas have one owner and that the quota has room for
// all of them and one rollout.
func checkScaling(e *Environment) []string {
	var problems []string
	objects := e.Objects()
	services := all[*corev1.Service](objects)
	budgets := all[*policyv1.PodDisruptionBudget](objects)
	for _, deployment := range all[*appsv1.Deployment](objects) {
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Sprintf("Deployment %s: ", deployment.Name)+fmt.Sprintf(format, args...))
		}
		pods := labels.Set(deployment.Spec.Template.Labels)
		scaler := scalerOf(objects, deployment)
		if scaler == nil {
			wrong("no HorizontalPodAutoscaler")
			continue
		}
		if deployment.Spec.Replicas != nil {
			wrong("replicas is set, and fights the HorizontalPodAutoscaler")
		}
		if scaler.Spec.MinReplicas == nil || *scaler.Spec.MinReplicas < 2 {
			wrong("can run as a single pod")
		}
		if !slices.ContainsFunc(budgets, func(b *policyv1.PodDisruptionBudget) bool {
			return b.Namespace == deployment.Namespace && selects(b.Spec.Selector, pods)
		}) {
			wrong("no PodDisruptionBudget")
		}
		if !slices.ContainsFunc(services, func(s *corev1.Service) bool {
			return s.Namespace == deployment.Namespace && labels.SelectorFromSet(s.Spec.Selector).Matches(pods)
		}) {
			wrong("no Service")
		}
		count := int64(scaler.Spec.MaxReplicas) + int64(deployment.Spec.Strategy.RollingUpdate.MaxSurge.IntValue())
		for _, quota := range all[*corev1.ResourceQuota](objects) {
			if quota.Namespace != deployment.Namespace {
				continue
			}
			for name, sum := range demand(deployment.Spec.Template.Spec.Containers, count) {
				if limit, ok := quota.Spec.Hard[name]; !ok || sum.Cmp(limit) > 0 {
					wrong("%d pods need %s of %s, the quota has %s", count, sum.String(), name, limit.String())
				}
			}
		}
	}
	return problems
}

func scalerOf(objects []Object, d *appsv1.Deployment) *autoscalingv2.HorizontalPodAutoscaler {
	for _, scaler := range all[*autoscalingv2.HorizontalPodAutoscaler](objects) {
		target := scaler.Spec.ScaleTargetRef
		if scaler.Namespace == d.Namespace && target.Kind == "Deployment" && target.Name == d.Name {
			return scaler
		}
	}
	return nil
}

func selects(selector *metav1.LabelSelector, set labels.Set) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && !s.Empty() && s.Matches(set)
}

func demand(containers []corev1.Container, count int64) map[corev1.ResourceName]*resource.Quantity {
	sums := map[corev1.ResourceName]*resource.Quantity{corev1.ResourcePods: resource.NewQuantity(count, resource.DecimalSI)}
	add := func(name corev1.ResourceName, quantity resource.Quantity) {
		if sums[name] == nil {
			sums[name] = &resource.Quantity{Format: quantity.Format}
		}
		for range count {
			sums[name].Add(quantity)
		}
	}
	for _, c := range containers {
		add(corev1.ResourceRequestsCPU, c.Resources.Requests[corev1.ResourceCPU])
		add(corev1.ResourceRequestsMemory, c.Resources.Requests[corev1.ResourceMemory])
		add(corev1.ResourceLimitsCPU, c.Resources.Limits[corev1.ResourceCPU])
		add(corev1.ResourceLimitsMemory, c.Resources.Limits[corev1.ResourceMemory])
	}
	return sums
}
