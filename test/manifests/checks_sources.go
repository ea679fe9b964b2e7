package manifests

import (
	"strings"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// checkSources holds sources and releases of Flux to encryption and to fixed versions.
func checkSources(e *Environment, r *report) {
	for _, object := range e.Objects() {
		if object.Raw.GroupVersionKind().Group == sourcev1.GroupVersion.Group {
			checkSource(object, r)
		}
		if release, ok := object.Typed.(*helmv2.HelmRelease); ok && release.Spec.Chart != nil {
			if version := release.Spec.Chart.Spec.Version; !exact(version) {
				r.add("version", object.subject(), "name one version, such as 1.2.3", "the chart's version is %q, which moves", version)
			}
		}
		if namespace, crossed := crossing(object); crossed {
			r.add("cross-namespace", object.subject(), "refer to objects of its own namespace", "refers to an object in the namespace %s: cross-namespace references are off", namespace)
		}
	}
}

func checkSource(object Object, r *report) {
	url, _, _ := unstructured.NestedString(object.Raw.Object, "spec", "url")
	if strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "git://") {
		r.add("source", object.subject(), "use https://, ssh:// or oci://", "fetches from %s without encryption", url)
	}
	if strings.Contains(url, "@") && !strings.HasPrefix(url, "ssh://") {
		r.add("secret", object.subject(), "put the credentials into a Secret and name it in secretRef", "the URL has credentials in it")
	}
	if insecure, _, _ := unstructured.NestedBool(object.Raw.Object, "spec", "insecure"); insecure {
		r.add("source", object.subject(), "remove insecure", "fetches without checking the certificate")
	}
	ref, _, _ := unstructured.NestedMap(object.Raw.Object, "spec", "ref")
	if object.Raw.GetKind() == "OCIRepository" && ref["digest"] == nil && (ref["tag"] == nil || ref["tag"] == "latest") {
		r.add("version", object.subject(), "set ref.tag to one version, or ref.digest", "follows a version that moves")
	}
}

func exact(version string) bool {
	return version != "" && !strings.ContainsAny(version, "*xX><=~^| ")
}

// crossing says which other namespace a Flux object refers to.
func crossing(object Object) (string, bool) {
	if !strings.HasSuffix(object.Raw.GroupVersionKind().Group, "toolkit.fluxcd.io") {
		return "", false
	}
	for _, path := range [][]string{{"sourceRef"}, {"chartRef"}, {"imageRepositoryRef"}, {"providerRef"}, {"chart", "spec", "sourceRef"}} {
		namespace, _, _ := unstructured.NestedString(object.Raw.Object, append(append([]string{"spec"}, path...), "namespace")...)
		if namespace != "" && namespace != object.Raw.GetNamespace() {
			return namespace, true
		}
	}
	return "", false
}
