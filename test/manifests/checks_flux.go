package manifests

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	notificationv1 "github.com/fluxcd/notification-controller/api/v1beta3"
	corev1 "k8s.io/api/core/v1"
)

// checkSyncs holds every Flux Kustomization in the repo to the platform's rules.
func checkSyncs(e *Environment) []string {
	var problems []string
	for _, s := range e.Syncs {
		if s.Root {
			continue
		}
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Sprintf("Kustomization %s: %s", s.Name, fmt.Sprintf(format, args...)))
		}
		if s.Namespace != fluxNamespace {
			wrong("in namespace %q: cross-namespace references are off", s.Namespace)
		}
		if s.Spec.Interval.Duration != time.Minute {
			wrong("interval %s, not 1m", s.Spec.Interval.Duration)
		}
		if s.Spec.RetryInterval == nil || s.Spec.RetryInterval.Duration > time.Minute {
			wrong("no retryInterval of at most 1m")
		}
		// A deletion waits this long; all of them must fit in the root's own.
		if s.Spec.Timeout == nil || s.Spec.Timeout.Duration > 5*time.Minute {
			wrong("no timeout of at most 5m")
		}
		if !s.Spec.Prune {
			wrong("prune is off")
		}
		if !s.Spec.Wait {
			wrong("wait is off")
		}
		if s.Spec.DeletionPolicy != kustomizev1.DeletionPolicyWaitForTermination {
			wrong("deletionPolicy is %q, not WaitForTermination", s.Spec.DeletionPolicy)
		}
		if s.Spec.Suspend {
			wrong("suspended")
		}
		if ref := s.Spec.SourceRef; ref.Kind != "GitRepository" || ref.Name != "flux-system" || ref.Namespace != "" {
			wrong("sourceRef is %s %s/%s, not GitRepository flux-system", ref.Kind, ref.Namespace, ref.Name)
		}
		if !readsFacts(s) {
			wrong("postBuild does not read cluster-facts")
		}
		if len(s.Spec.DependsOn) == 0 {
			wrong("depends on nothing")
		}
		for _, dependency := range s.Spec.DependsOn {
			if e.sync(dependency.Name) == nil || dependency.Namespace != "" {
				wrong("depends on %s, which does not exist here", dependency.Name)
			}
		}
		if s.isApp() && !dependsOn(s, "policies") {
			wrong("an app must depend on policies")
		}
	}
	return problems
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
func checkOwners(e *Environment) []string {
	var problems []string
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
				problems = append(problems, fmt.Sprintf("%s: owned by %s and by %s", object.ID(), owner, s.Name))
			}
			owners[object.ID()] = s.Name
		}
	}
	return problems
}

// checkImages keeps image automation to the environment that asks for it, whole.
func checkImages(e *Environment) []string {
	var problems []string
	objects := e.Objects()
	automations := all[*automationv1.ImageUpdateAutomation](objects)
	if e.Name != "dev" {
		for _, automation := range automations {
			problems = append(problems, fmt.Sprintf("ImageUpdateAutomation %s: %s changes by pull request only", automation.Name, e.Name))
		}
		return problems
	}
	if len(automations) != 1 {
		return append(problems, fmt.Sprintf("%d ImageUpdateAutomations in dev, not 1", len(automations)))
	}
	automation := automations[0]
	if want := "./apps/" + e.Name; automation.Spec.Update == nil || automation.Spec.Update.Path != want {
		problems = append(problems, fmt.Sprintf("ImageUpdateAutomation %s: does not update %s", automation.Name, want))
	}
	repositories := map[string]bool{}
	for _, repository := range all[*reflectorv1.ImageRepository](objects) {
		repositories[repository.Name] = true
		if repository.Spec.Provider != "aws" {
			problems = append(problems, fmt.Sprintf("ImageRepository %s: provider %q, not aws", repository.Name, repository.Spec.Provider))
		}
		if want := factsFor(e.Name)["image_prefix"] + "/" + repository.Name; repository.Spec.Image != want {
			problems = append(problems, fmt.Sprintf("ImageRepository %s: image %s, not %s", repository.Name, repository.Spec.Image, want))
		}
	}
	for _, policy := range all[*reflectorv1.ImagePolicy](objects) {
		if !repositories[policy.Spec.ImageRepositoryRef.Name] {
			problems = append(problems, fmt.Sprintf("ImagePolicy %s: no ImageRepository %s", policy.Name, policy.Spec.ImageRepositoryRef.Name))
		}
	}
	return problems
}

// checkAlerts holds that failures of every sync are sent somewhere.
func checkAlerts(e *Environment) []string {
	var problems []string
	objects := e.Objects()
	providers := map[string]bool{}
	for _, provider := range all[*notificationv1.Provider](objects) {
		providers[provider.Name] = true
	}
	reported := false
	for _, alert := range all[*notificationv1.Alert](objects) {
		if !providers[alert.Spec.ProviderRef.Name] {
			problems = append(problems, fmt.Sprintf("Alert %s: no Provider %s", alert.Name, alert.Spec.ProviderRef.Name))
		}
		for _, source := range alert.Spec.EventSources {
			if alert.Spec.EventSeverity == "error" && source.Kind == kustomizev1.KustomizationKind && source.Name == "*" {
				reported = true
			}
		}
	}
	if !reported {
		problems = append(problems, "no Alert for errors of all Kustomizations")
	}
	return problems
}

var setter = regexp.MustCompile(`# \{"\$imagepolicy": "([^"]+)"\}`)

// checkSetters looks for the comments that image automation writes behind, which a
// build does not show.
func (t *Tree) checkSetters(e *Environment) []string {
	policies := map[string]bool{}
	for _, policy := range all[*reflectorv1.ImagePolicy](e.Objects()) {
		policies[policy.Namespace+":"+policy.Name+":tag"] = true
	}
	var problems []string
	found := map[string]bool{}
	for _, path := range t.yamlFiles() {
		for _, match := range setter.FindAllStringSubmatch(t.Files[path], -1) {
			if !strings.HasPrefix(path, "apps/dev/") {
				problems = append(problems, fmt.Sprintf("%s: a setter for %s outside apps/dev", path, match[1]))
				continue
			}
			if e.Name != "dev" {
				continue
			}
			found[match[1]] = true
			if !policies[match[1]] {
				problems = append(problems, fmt.Sprintf("%s: a setter for %s, which is no ImagePolicy's tag", path, match[1]))
			}
		}
	}
	for name := range policies {
		if !found[name] {
			problems = append(problems, fmt.Sprintf("no setter for %s in apps/%s", name, e.Name))
		}
	}
	return problems
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
