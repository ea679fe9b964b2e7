package seed

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/manifests"
)

// kinds that send events, https://fluxcd.io/flux/components/notification/alerts/#event-sources
const senders = "Bucket GitRepository Kustomization HelmRelease HelmChart HelmRepository ImageRepository ImagePolicy ImageUpdateAutomation OCIRepository ArtifactGenerator ExternalArtifact"

// enumerations are the values that Flux's CustomResourceDefinitions allow: they
// are in the schemas alone, so that any text decodes.
// https://fluxcd.io/flux/components/notification/providers/
// https://fluxcd.io/flux/components/image/imagepolicies/
var enumerations = []struct {
	kind    string
	path    []string
	allowed string
}{
	{"Provider", []string{"spec", "type"}, "slack discord msteams rocket generic generic-hmac github gitlab gitea giteapullrequestcomment bitbucketserver bitbucket azuredevops googlechat googlepubsub webex sentry azureeventhub telegram lark matrix opsgenie alertmanager grafana githubdispatch githubpullrequestcomment gitlabmergerequestcomment pagerduty datadog nats zulip otel"},
	{"Alert", []string{"spec", "eventSeverity"}, "info error"},
	{"Alert", []string{"spec", "eventSources", "kind"}, senders},
	{"ImageRepository", []string{"spec", "provider"}, "generic aws azure gcp"},
	{"ImagePolicy", []string{"spec", "policy", "alphabetical", "order"}, "asc desc"},
	{"ImagePolicy", []string{"spec", "policy", "numerical", "order"}, "asc desc"},
	{"ImagePolicy", []string{"spec", "digestReflectionPolicy"}, "Always IfNotPresent Never"},
	{"ImageUpdateAutomation", []string{"spec", "update", "strategy"}, "Setters"},
	{"ImageUpdateAutomation", []string{"spec", "sourceRef", "kind"}, "GitRepository"},
	{"GitRepository", []string{"spec", "provider"}, "generic aws azure github"},
	{"GitRepository", []string{"spec", "verify", "mode"}, "HEAD Tag TagAndHEAD"},
	{"HelmRepository", []string{"spec", "type"}, "default oci"},
	{"Kustomization", []string{"spec", "deletionPolicy"}, "MirrorPrune Delete WaitForTermination Orphan"},
	{"Kustomization", []string{"spec", "sourceRef", "kind"}, "OCIRepository GitRepository Bucket ExternalArtifact"},
	{"Kustomization", []string{"spec", "decryption", "provider"}, "sops"},
}

// checkValues reports what a schema of Flux refuses.
func checkValues(e *manifests.Environment, note noter) {
	for _, object := range e.Objects() {
		if !strings.Contains(object.Raw.GroupVersionKind().Group, "toolkit.fluxcd.io") {
			continue
		}
		for _, enumeration := range enumerations {
			if enumeration.kind != object.Raw.GetKind() {
				continue
			}
			allowed := strings.Fields(enumeration.allowed)
			for _, value := range texts(object.Raw.Object, enumeration.path) {
				if !slices.Contains(allowed, value) {
					note("value", object, fmt.Sprintf("%s is %q, Flux has %s", strings.Join(enumeration.path, "."), value, strings.Join(allowed, ", ")), "take one of these")
				}
			}
		}
	}
}

// texts are the texts at a path that leads through lists; none where it ends.
func texts(from any, path []string) []string {
	switch from := from.(type) {
	case string:
		if len(path) == 0 {
			return []string{from}
		}
	case []any:
		var all []string
		for _, item := range from {
			all = append(all, texts(item, path)...)
		}
		return all
	case map[string]any:
		if len(path) > 0 {
			return texts(from[path[0]], path[1:])
		}
	}
	return nil
}

// list is a list of objects in an object.
func list(object *unstructured.Unstructured, path ...string) []map[string]any {
	items, _, _ := unstructured.NestedSlice(object.Object, path...)
	var all []map[string]any
	for _, item := range items {
		if item, ok := item.(map[string]any); ok {
			all = append(all, item)
		}
	}
	return all
}
