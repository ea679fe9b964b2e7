package manifests

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// deployments is the workload as a Deployment; empty when it is none.
func deployments(objects []Object, w workload) []*appsv1.Deployment {
	return slices.DeleteFunc(all[*appsv1.Deployment](objects), func(d *appsv1.Deployment) bool {
		return w.Raw.GetKind() != "Deployment" || d.Name != w.Raw.GetName() || d.Namespace != w.Raw.GetNamespace()
	})
}

// has says whether the environment has the object.
func (e *Environment) has(kind, namespace, name string) bool {
	return slices.ContainsFunc(e.Objects(), func(o Object) bool {
		return o.Raw.GetKind() == kind && o.Raw.GetNamespace() == namespace && o.Raw.GetName() == name
	})
}

// checkReferences holds that what workloads and autoscalers name is there.
// Secrets may come from elsewhere: they are not in Git.
func checkReferences(e *Environment, r *report) {
	for _, w := range e.workloads() {
		namespace := w.Raw.GetNamespace()
		if account := w.spec.ServiceAccountName; account != "" && !e.has("ServiceAccount", namespace, account) {
			r.add("reference", w.subject(), "add the ServiceAccount, or name one that there is", "its ServiceAccount %s does not exist in %s", account, namespace)
		}
		for _, name := range configMapsOf(w.spec) {
			if !e.has("ConfigMap", namespace, name) {
				r.add("reference", w.subject(), "add the ConfigMap, or name one that there is", "its ConfigMap %s does not exist in %s", name, namespace)
			}
		}
	}
	for _, scaler := range all[*autoscalingv2.HorizontalPodAutoscaler](e.Objects()) {
		if target := scaler.Spec.ScaleTargetRef; !e.has(target.Kind, scaler.Namespace, target.Name) {
			r.add("reference", e.about("HorizontalPodAutoscaler", scaler), "name the Deployment in scaleTargetRef", "scales the %s %s, which does not exist in %s", target.Kind, target.Name, scaler.Namespace)
		}
	}
}

func configMapsOf(spec *corev1.PodSpec) []string {
	var names []string
	add := func(name string, optional *bool) {
		if optional == nil || !*optional {
			names = append(names, name)
		}
	}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				add(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
			}
		}
		for _, env := range c.Env {
			if env.ValueFrom != nil && env.ValueFrom.ConfigMapKeyRef != nil {
				add(env.ValueFrom.ConfigMapKeyRef.Name, env.ValueFrom.ConfigMapKeyRef.Optional)
			}
		}
	}
	for _, volume := range spec.Volumes {
		if volume.ConfigMap != nil {
			add(volume.ConfigMap.Name, volume.ConfigMap.Optional)
		}
	}
	return names
}

// secretWords are parts of names whose values nobody should read.
var secretWords = []string{"password", "passwd", "secret", "token", "apikey", "api_key", "private_key", "access_key"}

// checkSecrets finds secrets in the clear.
func checkSecrets(e *Environment, r *report) {
	const fix = "encrypt it with SOPS, or keep it in a secret store"
	for _, secret := range all[*corev1.Secret](e.Objects()) {
		for key, value := range secret.Data {
			if !strings.HasPrefix(string(value), "ENC[") {
				r.add("secret", e.about("Secret", secret), fix, "its key %s is in Git in the clear", key)
			}
		}
		for key, value := range secret.StringData {
			if !strings.HasPrefix(value, "ENC[") {
				r.add("secret", e.about("Secret", secret), fix, "its key %s is in Git in the clear", key)
			}
		}
	}
	for _, config := range all[*corev1.ConfigMap](e.Objects()) {
		for key, value := range config.Data {
			if value != "" && isSecret(key) {
				r.add("secret", e.about("ConfigMap", config), "use a Secret, encrypted with SOPS", "its key %s looks like a secret in the clear", key)
			}
		}
	}
	for _, w := range e.workloads() {
		for _, c := range slices.Concat(w.spec.InitContainers, w.spec.Containers) {
			for _, env := range c.Env {
				if env.Value != "" && isSecret(env.Name) {
					r.add("secret", w.subject(), "take it from a Secret by valueFrom.secretKeyRef", "container %s: the variable %s looks like a secret in the clear", c.Name, env.Name)
				}
			}
		}
	}
}

func isSecret(name string) bool {
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
}
