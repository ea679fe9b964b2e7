package manifests

import (
	"slices"
	"strings"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	notificationv1 "github.com/fluxcd/notification-controller/api/v1beta3"
	corev1 "k8s.io/api/core/v1"
)

// checkSyncs holds every Flux Kustomization in the repo to the platform's rules.
func checkSyncs(e *Environment, r *report) {
	for _, s := range e.Syncs {
		if s.Root {
			continue
		}
		wrong := func(rule, fix, format string, args ...any) { r.add(rule, s.subject(), fix, format, args...) }
		if s.Namespace != fluxNamespace {
			wrong("namespace", "set metadata.namespace: "+fluxNamespace, "in namespace %q: cross-namespace references are off", s.Namespace)
		}
		if s.Spec.Interval.Duration != time.Minute {
			wrong("interval", "set interval: 1m", "interval %s, not 1m", s.Spec.Interval.Duration)
		}
		if s.Spec.RetryInterval == nil || s.Spec.RetryInterval.Duration > time.Minute || s.Spec.RetryInterval.Duration <= 0 {
			wrong("retry-interval", "set retryInterval: 30s", "no retryInterval of at most 1m")
		}
		// A deletion waits this long; all of them must fit in the root's own.
		if s.Spec.Timeout == nil || s.Spec.Timeout.Duration > 5*time.Minute || s.Spec.Timeout.Duration < 30*time.Second {
			wrong("timeout", "set timeout to 2m, or 5m for an app", "no timeout of at most 5m, and at least 30s")
		}
		if !s.Spec.Prune {
			wrong("prune", "set prune: true", "prune is off: what leaves the repository would stay in the cluster")
		}
		if !s.Spec.Wait {
			wrong("wait", "set wait: true", "wait is off: what depends on it would not wait until it is healthy")
		}
		if s.Spec.DeletionPolicy != kustomizev1.DeletionPolicyWaitForTermination {
			wrong("deletion-policy", "set deletionPolicy: WaitForTermination", "deletionPolicy is %q, not WaitForTermination", s.Spec.DeletionPolicy)
		}
		if s.Spec.Suspend {
			wrong("suspended", "remove suspend", "suspended: it would follow nothing")
		}
		if s.Spec.Force {
			wrong("force", "remove force", "force is on: a change of an immutable field would delete the object and its data")
		}
		if s.Spec.KubeConfig != nil {
			wrong("kubeconfig", "remove kubeConfig", "kubeConfig points it at another cluster")
		}
		if ref := s.Spec.SourceRef; ref.Kind != "GitRepository" || ref.Name != "flux-system" || ref.Namespace != "" {
			wrong("source", "refer to the GitRepository flux-system", "sourceRef is %s %s/%s, not GitRepository flux-system", ref.Kind, ref.Namespace, ref.Name)
		}
		if !readsFacts(s) {
			wrong("facts", "add postBuild.substituteFrom: [{kind: ConfigMap, name: cluster-facts}]", "postBuild does not read cluster-facts")
		}
		if len(s.Spec.DependsOn) == 0 {
			wrong("depends-on", "let it depend on tenants, an app on policies", "depends on nothing")
		}
		if s.isApp() && !dependsOn(s, "policies") {
			wrong("depends-on", "add {name: policies} to dependsOn", "an app must depend on policies")
		}
	}
}

// checkDependencies holds that dependsOn names what there is, and is no circle:
// in a circle each waits for the others for ever.
func checkDependencies(e *Environment, r *report) {
	for _, s := range e.Syncs {
		for _, dependency := range s.Spec.DependsOn {
			if e.sync(dependency.Name) == nil || dependency.Namespace != "" {
				r.add("depends-on", s.subject(), "name a Kustomization of this cluster, without a namespace", "depends on %s, which does not exist here", dependency.Name)
			}
		}
		if circle := e.circle(s, nil); circle != nil {
			r.add("circle", s.subject(), "remove one of these dependencies", "waits for itself: %s", strings.Join(circle, " → "))
		}
	}
}

// circle is the way from a Kustomization back to itself; nil when there is none.
func (e *Environment) circle(s *Sync, way []string) []string {
	way = append(slices.Clone(way), s.Name)
	if len(way) > 1 && s.Name == way[0] {
		return way
	}
	if slices.Contains(way[:len(way)-1], s.Name) {
		return nil // A circle further on; it is found from there.
	}
	for _, dependency := range s.Spec.DependsOn {
		if next := e.sync(dependency.Name); next != nil {
			if found := e.circle(next, way); found != nil {
				return found
			}
		}
	}
	return nil
}

func readsFacts(s *Sync) bool {
	if s.Spec.PostBuild == nil {
		return false
	}
	for _, from := range s.Spec.PostBuild.SubstituteFrom {
		if from.Kind == "ConfigMap" && from.Name == "cluster-facts" && !from.Optional {
			return true
		}
	}
	return false
}

func dependsOn(s *Sync, name string) bool {
	for _, dependency := range s.Spec.DependsOn {
		if dependency.Name == name {
			return true
		}
	}
	return false
}

// checkOwners finds objects that two Kustomizations would fight for.
func checkOwners(e *Environment, r *report) {
	owners := map[string]string{
		"kustomize.toolkit.fluxcd.io/Kustomization flux-system/tenants":  "CDK",
		"kustomize.toolkit.fluxcd.io/Kustomization flux-system/platform": "CDK",
		"source.toolkit.fluxcd.io/GitRepository flux-system/flux-system": "CDK",
		"ConfigMap flux-system/cluster-facts":                            "CDK",
		"Namespace flux-system":                                          "CDK",
	}
	for _, s := range e.Syncs {
		for _, object := range s.Objects {
			if owner, taken := owners[object.ID()]; taken {
				r.add("owners", object.subject(), "leave it to one of them", "owned by %s and by %s", owner, s.Name)
			}
			owners[object.ID()] = s.Name
		}
	}
}

// checkAlerts holds that failures of every sync are sent somewhere.
func checkAlerts(e *Environment, r *report) {
	objects := e.Objects()
	providers := map[string]bool{}
	for _, provider := range all[*notificationv1.Provider](objects) {
		providers[provider.Name] = true
		about := e.about("Provider", provider)
		if strings.HasPrefix(provider.Spec.Address, "http://") {
			r.add("provider", about, "use https://, or put the address into the Secret", "sends to %s without encryption", provider.Spec.Address)
		}
		if provider.Spec.Suspend {
			r.add("suspended", about, "remove suspend", "suspended: nobody would hear of a failure")
		}
	}
	reported := false
	for _, alert := range all[*notificationv1.Alert](objects) {
		if !providers[alert.Spec.ProviderRef.Name] {
			r.add("alerts", e.about("Alert", alert), "name a Provider that there is", "no Provider %s", alert.Spec.ProviderRef.Name)
		}
		if alert.Spec.Suspend {
			r.add("suspended", e.about("Alert", alert), "remove suspend", "suspended: nobody would hear of a failure")
		}
		for _, source := range alert.Spec.EventSources {
			if alert.Spec.EventSeverity == "error" && source.Kind == kustomizev1.KustomizationKind && source.Name == "*" {
				reported = true
			}
		}
	}
	if !reported {
		about := subject{files: []string{"infrastructure/notifications/alerts.yaml"}}
		r.add("alerts", about, "add an Alert of severity error with the source {kind: Kustomization, name: \"*\"}", "no Alert for errors of all Kustomizations in %s", e.Name)
	}
}

// serviceAccounts maps namespace/name to the Kustomization that applies it.
func (e *Environment) serviceAccounts() map[string]string {
	accounts := map[string]string{}
	for _, s := range e.Syncs {
		for _, account := range all[*corev1.ServiceAccount](s.Objects) {
			accounts[account.Namespace+"/"+account.Name] = s.Name
		}
	}
	return accounts
}
