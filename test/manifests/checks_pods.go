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

// workload is an object that makes pods.
type workload struct {
	Object
	labels labels.Set
	spec   *corev1.PodSpec
}

// workloads are the objects with a pod template.
func (e *Environment) workloads() []workload {
	var found []workload
	for _, object := range e.Objects() {
		if object.Typed == nil || object.Raw.GetKind() == "Namespace" {
			continue
		}
		metadata, spec, err := admission.DefaultPodSpecExtractor{}.ExtractPodSpec(object.Typed)
		if err != nil || spec == nil {
			continue
		}
		found = append(found, workload{object, metadata.Labels, spec})
	}
	return found
}

// checkPods holds every workload to the restricted Pod Security standard and to what
// that does not ask for: a read-only root, limits, probes, our registry.
func checkPods(e *Environment, r *report) {
	restricted := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.MajorMinorVersion(1, 36)}
	for _, w := range e.workloads() {
		spec := w.spec
		wrong := func(rule, fix, format string, args ...any) { r.add(rule, w.subject(), fix, format, args...) }
		metadata := &metav1.ObjectMeta{Labels: w.labels}
		if result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, metadata, spec)); !result.Allowed {
			wrong("pod-security", "follow the restricted Pod Security standard in securityContext", "not restricted: %s", result.ForbiddenDetail())
		}
		if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
			wrong("token", "set automountServiceAccountToken: false", "mounts a ServiceAccount token")
		}
		if spec.ServiceAccountName == "" || spec.ServiceAccountName == "default" {
			wrong("account", "set serviceAccountName to an account of its own", "runs as the default ServiceAccount")
		}
		if len(spec.TopologySpreadConstraints) == 0 {
			wrong("spread", "add topologySpreadConstraints over zones and nodes", "is not spread")
		}
		for _, constraint := range spec.TopologySpreadConstraints {
			if !selects(constraint.LabelSelector, w.labels) {
				wrong("spread", "let the labelSelector of topologySpreadConstraints match the pods", "its spread over %s selects other pods", constraint.TopologyKey)
			}
		}
		for _, container := range slices.Concat(spec.InitContainers, spec.Containers) {
			checkContainer(e, container, wrong)
		}
		var preStop int64
		for _, container := range spec.Containers {
			if container.LivenessProbe == nil || container.ReadinessProbe == nil || container.StartupProbe == nil {
				wrong("probes", "add startupProbe, livenessProbe and readinessProbe", "container %s: startup, liveness and readiness probes are not all there", container.Name)
			}
			if container.Lifecycle == nil || container.Lifecycle.PreStop == nil || container.Lifecycle.PreStop.Sleep == nil {
				wrong("pre-stop", "add lifecycle.preStop.sleep of 15 seconds", "container %s: no preStop sleep", container.Name)
				continue
			}
			preStop = max(preStop, container.Lifecycle.PreStop.Sleep.Seconds)
		}
		if grace := spec.TerminationGracePeriodSeconds; grace == nil || *grace < preStop+appStop {
			wrong("grace-period", fmt.Sprintf("set terminationGracePeriodSeconds to at least %d", preStop+appStop), "grace period is shorter than preStop sleep and drain, %d s", preStop+appStop)
		}
	}
}

func checkContainer(e *Environment, c corev1.Container, wrong func(string, string, string, ...any)) {
	if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
		wrong("read-only-root", "set securityContext.readOnlyRootFilesystem: true", "container %s: root file system is writable", c.Name)
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, requested := c.Resources.Requests[name]
		limit, limited := c.Resources.Limits[name]
		if !requested {
			wrong("resources", fmt.Sprintf("set resources.requests.%s", name), "container %s: no %s request", c.Name, name)
		}
		if !limited {
			wrong("resources", fmt.Sprintf("set resources.limits.%s", name), "container %s: no %s limit", c.Name, name)
		}
		if requested && limited && request.Cmp(limit) > 0 {
			wrong("resources", "ask for no more than the limit", "container %s: asks for %s of %s, more than its limit of %s", c.Name, request.String(), name, limit.String())
		}
	}
	prefix := e.complete()["image_prefix"] + "/"
	if !strings.HasPrefix(c.Image, prefix) {
		wrong("image", "take the image from ${image_prefix}/", "container %s: image %s is not from %s", c.Name, c.Image, prefix)
	}
	if _, tag, ok := strings.Cut(strings.TrimPrefix(c.Image, prefix), ":"); !ok || !tagPattern.MatchString(tag) {
		wrong("image-tag", "set newTag to a tag of the pipeline, such as 20260101T000000Z-0a1b2c3", "container %s: image %s has no tag of the pipeline's form", c.Name, c.Image)
	}
}

// checkScaling holds that replicas have one owner and that the quota has room for
// all of them and one rollout.
func checkScaling(e *Environment, r *report) {
	objects := e.Objects()
	budgets := all[*policyv1.PodDisruptionBudget](objects)
	for _, deployment := range all[*appsv1.Deployment](objects) {
		wrong := func(rule, fix, what string) { r.add(rule, e.about("Deployment", deployment), fix, "%s", what) }
		pods := labels.Set(deployment.Spec.Template.Labels)
		if !selects(deployment.Spec.Selector, pods) {
			wrong("selector", "let spec.selector match the labels of the template", "its selector does not match its own pods")
		}
		if rolling := deployment.Spec.Strategy.RollingUpdate; rolling == nil || (rolling.MaxUnavailable != nil && rolling.MaxUnavailable.String() != "0") {
			wrong("strategy", "set strategy.rollingUpdate: {maxSurge: 1, maxUnavailable: 0}", "a rollout takes pods away before new ones are ready")
		}
		scaler := scalerOf(objects, deployment)
		if scaler == nil {
			wrong("autoscaler", "add a HorizontalPodAutoscaler with this Deployment as its scaleTargetRef", "no HorizontalPodAutoscaler")
			continue
		}
		checkScaler(e, scaler, deployment, r)
		if deployment.Spec.Replicas != nil {
			wrong("replicas", "remove replicas", "replicas is set, and fights the HorizontalPodAutoscaler")
		}
		if scaler.Spec.MinReplicas == nil || *scaler.Spec.MinReplicas < 2 {
			r.add("replicas", e.about("HorizontalPodAutoscaler", scaler), "set minReplicas to at least 2", "can run as a single pod")
		}
		if !slices.ContainsFunc(budgets, func(b *policyv1.PodDisruptionBudget) bool {
			return b.Namespace == deployment.Namespace && selects(b.Spec.Selector, pods)
		}) {
			wrong("budget", "add a PodDisruptionBudget that selects its pods", "no PodDisruptionBudget")
		}
		if !slices.ContainsFunc(all[*corev1.Service](objects), func(s *corev1.Service) bool {
			return s.Namespace == deployment.Namespace && labels.SelectorFromSet(s.Spec.Selector).Matches(pods)
		}) {
			wrong("service", "add a Service that selects its pods", "no Service")
		}
		count := int64(scaler.Spec.MaxReplicas)
		if rolling := deployment.Spec.Strategy.RollingUpdate; rolling != nil && rolling.MaxSurge != nil {
			count += int64(rolling.MaxSurge.IntValue())
		}
		for _, quota := range all[*corev1.ResourceQuota](objects) {
			if quota.Namespace != deployment.Namespace {
				continue
			}
			for name, sum := range demand(deployment.Spec.Template.Spec.Containers, count) {
				if limit, ok := quota.Spec.Hard[name]; !ok || sum.Cmp(limit) > 0 {
					about := e.about("ResourceQuota", quota)
					about.files = append(about.files, e.about("HorizontalPodAutoscaler", scaler).files...)
					about.name = "Deployment " + deployment.Name
					r.add("quota", about, "raise the quota in tenants, or lower maxReplicas", "%d pods need %s of %s, the quota has %s", count, sum.String(), name, limit.String())
				}
			}
		}
	}
}

// checkScaler holds that an autoscaler can scale at all.
func checkScaler(e *Environment, scaler *autoscalingv2.HorizontalPodAutoscaler, deployment *appsv1.Deployment, r *report) {
	wrong := func(fix, format string, args ...any) {
		r.add("autoscaler", e.about("HorizontalPodAutoscaler", scaler), fix, format, args...)
	}
	if scaler.Spec.MinReplicas != nil && *scaler.Spec.MinReplicas > scaler.Spec.MaxReplicas {
		wrong("let minReplicas be at most maxReplicas", "minReplicas %d is more than maxReplicas %d", *scaler.Spec.MinReplicas, scaler.Spec.MaxReplicas)
	}
	if len(scaler.Spec.Metrics) == 0 {
		wrong("add a metric, such as cpu", "scales by no metric of its own")
	}
	for _, metric := range scaler.Spec.Metrics {
		if metric.Type != autoscalingv2.ResourceMetricSourceType || metric.Resource == nil {
			continue
		}
		if use := metric.Resource.Target.AverageUtilization; use != nil && (*use < 1 || *use > 100) {
			wrong("set averageUtilization from 1 to 100", "averageUtilization %d of %s, want 1 to 100", *use, metric.Resource.Name)
		}
		for _, container := range deployment.Spec.Template.Spec.Containers {
			if _, ok := container.Resources.Requests[metric.Resource.Name]; !ok {
				wrong("set the request in the Deployment", "scales by %s, which the container %s does not request", metric.Resource.Name, container.Name)
			}
		}
	}
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
