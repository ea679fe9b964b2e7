package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
)

// instanceValues are the values of the chart flux-instance, as the stack has them.
func instanceValues(registry string) map[string]any {
	return map[string]any{"instance": map[string]any{
		"distribution": map[string]any{"version": "2.9.4", "registry": registry + "/fluxcd", "artifact": ""},
		"components":   []any{"source-controller", "kustomize-controller", "helm-controller", "notification-controller", "image-reflector-controller", "image-automation-controller"},
		"cluster":      map[string]any{"type": "aws", "size": "small", "multitenant": true, "networkPolicy": true},
		"kustomize": map[string]any{"patches": []any{map[string]any{
			"target": map[string]any{"kind": "Deployment", "name": "(kustomize-controller|helm-controller)"},
			"patch":  "- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: --requeue-dependency=5s\n",
		}}},
	}}
}

var components = []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller", "image-reflector-controller", "image-automation-controller"}

func kustomization(name string) cluster.Object {
	return cluster.Object{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Namespace: fluxrun.Namespace, Name: name}
}

// secret is a Secret in the namespace of Flux.
func secret(name string, data map[string]string) *unstructured.Unstructured {
	values := map[string]any{}
	for key, value := range data {
		values[key] = value
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata":   map[string]any{"name": name, "namespace": fluxrun.Namespace},
		"stringData": values,
	}}
}

// syncObjects are the objects of the sync, in the order in which the stack makes them.
func syncObjects(gitURL string, facts map[string]string) ([]*unstructured.Unstructured, error) {
	data, err := yaml.Marshal(map[string]any{"data": facts})
	if err != nil {
		return nil, err
	}
	return cluster.Decode(fmt.Appendf(nil, syncTemplate, data, gitURL))
}

const syncTemplate = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: cluster-facts
  namespace: flux-system
  labels: {reconcile.fluxcd.io/watch: Enabled}
%s
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 60s
  timeout: 60s
  url: %s
  provider: generic
  ref: {branch: main}
  secretRef: {name: config-repository}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: tenants, namespace: flux-system}
spec:
  interval: 60s
  retryInterval: 30s
  timeout: 300s
  path: ./tenants
  prune: true
  deletionPolicy: WaitForTermination
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster-facts}]}
  serviceAccountName: kustomize-controller
  wait: true
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: platform, namespace: flux-system}
spec:
  interval: 60s
  retryInterval: 30s
  timeout: 300s
  path: ./clusters/dev
  prune: true
  deletionPolicy: WaitForTermination
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster-facts}]}
  serviceAccountName: platform-reconciler
  wait: false
  dependsOn: [{name: tenants}]
`

// waitAll waits for objects side by side and reports each that is not ready.
func waitAll(ctx context.Context, c *cluster.Cluster, objects ...cluster.Object) error {
	problems := make([]error, len(objects))
	var wait sync.WaitGroup
	for i, object := range objects {
		wait.Go(func() { problems[i] = c.WaitReady(ctx, object) })
	}
	wait.Wait()
	return errors.Join(problems...)
}
