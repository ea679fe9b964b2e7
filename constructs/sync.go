package constructs

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The objects of the sync. Git refers to them by these names.
const (
	// FactsName is the ConfigMap with the facts about the cluster that Git cannot know.
	FactsName = "cluster-facts"
	// SourceName is the GitRepository, named as `flux bootstrap` names it.
	SourceName = "flux-system"
	// TenantsName and PlatformName are the root Kustomizations.
	TenantsName  = "tenants"
	PlatformName = "platform"
)

// PlatformServiceAccount is whom the root Kustomization platform acts as. The
// Kustomization tenants makes it.
const PlatformServiceAccount = "platform-reconciler"

const (
	// syncTimeout bounds one reconciliation of a root and, at deletion, its wait
	// for everything below it to end. It is longer than the timeout of any
	// Kustomization below, 5 minutes, so that those end first.
	syncTimeout = 8 * time.Minute
	// readyTimeout is how long a deployment waits for a root.
	readyTimeout = 10 * time.Minute
)

// SyncProps configures [NewSync].
type SyncProps struct {
	Cluster awseksv2.ICluster
	// Flux that reconciles. Required.
	Flux *Flux
	// Source is the config repository. Required.
	Source GitSource
	// TenantsPath and PlatformPath are folders in the repository. Required.
	TenantsPath, PlatformPath string
	// Interval between two looks at the repository. Required.
	Interval time.Duration
	// Facts become the ConfigMap that manifests substitute their variables from. Required.
	Facts map[string]string
}

// GitSource is what a GitRepository follows.
type GitSource struct {
	// URL and Branch of the repository. Required.
	URL, Branch string
	// Provider is aws, github or generic. Required.
	Provider string
	// SecretName holds the credentials. Default none.
	SecretName string
	// VerifySecretName holds the public keys that commits must be signed with. Default: any commit.
	VerifySecretName string
}

// NewSync makes Flux follow the config repository, and the deployment wait
// until it does.
//
// It does not use the sync of the FluxInstance: when that is deleted, the
// operator strips finalizers and leaves the workloads, so that load balancers
// and volumes outlive the cluster. Here the deletion of the two roots waits
// until all that they applied is gone.
//
// They are two because what a Kustomization impersonates must outlive it:
// deleted together with its service account, it reports success and leaves its
// objects behind ("unable to prune objects" in kustomize-controller's log).
// tenants, with the service accounts, is made first and deleted last.
func NewSync(scope constructs.Construct, id string, props *SyncProps) constructs.Construct {
	this := constructs.NewConstruct(scope, jsii.String(id))

	facts := NewManifest(this, "Facts", props.Cluster, props.factsObject())
	facts.Node().AddDependency(props.Flux.Ready)

	guard := newTeardownGuard(this, "Guard", props.Cluster)
	guard.Node().AddDependency(facts)

	source := NewManifest(this, "Source", props.Cluster, props.sourceObject())
	source.Node().AddDependency(guard)

	tenants := props.addRoot(this, "Tenants", props.tenantsObject(), TenantsName)
	tenants.manifest.Node().AddDependency(source)

	platform := props.addRoot(this, "Platform", props.platformObject(), PlatformName)
	platform.manifest.Node().AddDependency(tenants.ready)
	return this
}

// root is a root Kustomization and the wait for it.
type root struct {
	manifest awseksv2.KubernetesManifest
	ready    awseksv2.KubernetesObjectValue
}

// addRoot adds a root Kustomization that reconciles whenever it, its source or
// the facts change, and a wait for that reconciliation.
func (p *SyncProps) addRoot(scope constructs.Construct, id string, object Object, name string) root {
	requested := revision(scope, object, p.sourceObject(), p.factsObject())
	object["metadata"].(map[string]any)["annotations"] = map[string]any{RequestedAtAnnotation: requested}
	manifest := NewManifest(scope, id, p.Cluster, object)
	ready := NewReady(scope, id+"Ready", &ReadyProps{
		Cluster:   p.Cluster,
		Resource:  "kustomizations.kustomize.toolkit.fluxcd.io",
		Namespace: FluxNamespace,
		Name:      name,
		Revision:  requested,
		Reason:    reconciliationSucceeded,
		Also:      []string{"gitrepositories.source.toolkit.fluxcd.io/" + SourceName},
		Timeout:   readyTimeout,
	})
	ready.Node().AddDependency(manifest)
	return root{manifest, ready}
}

func (p *SyncProps) factsObject() Object {
	data := make(map[string]any, len(p.Facts))
	for key, value := range p.Facts {
		data[key] = value
	}
	metadata := fluxMetadata(FactsName)
	// Flux reconciles at once when a ConfigMap with this label changes.
	metadata["labels"] = map[string]any{"reconcile.fluxcd.io/watch": "Enabled"}
	return Object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
}

func (p *SyncProps) sourceObject() Object {
	spec := map[string]any{
		"interval": seconds(p.Interval),
		"timeout":  "60s",
		"url":      p.Source.URL,
		"provider": p.Source.Provider,
		"ref":      map[string]any{"branch": p.Source.Branch},
	}
	if p.Source.SecretName != "" {
		spec["secretRef"] = map[string]any{"name": p.Source.SecretName}
	}
	if p.Source.VerifySecretName != "" {
		spec["verify"] = map[string]any{"mode": "HEAD", "secretRef": map[string]any{"name": p.Source.VerifySecretName}}
	}
	return Object{"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": fluxMetadata(SourceName), "spec": spec}
}

// tenantsObject acts as the controller itself: it makes the service accounts
// that all others act as.
func (p *SyncProps) tenantsObject() Object {
	return p.kustomization(TenantsName, p.TenantsPath, map[string]any{
		"serviceAccountName": KustomizeController,
		"wait":               true,
	})
}

// platformObject only applies further Kustomizations and does not wait for
// them, so that a broken app never fails a deployment.
func (p *SyncProps) platformObject() Object {
	return p.kustomization(PlatformName, p.PlatformPath, map[string]any{
		"serviceAccountName": PlatformServiceAccount,
		"wait":               false,
		"dependsOn":          []any{map[string]any{"name": TenantsName}},
	})
}

func (p *SyncProps) kustomization(name, path string, more map[string]any) Object {
	spec := map[string]any{
		"interval":       seconds(p.Interval),
		"retryInterval":  "30s",
		"timeout":        seconds(syncTimeout),
		"path":           "./" + path,
		"prune":          true,
		"deletionPolicy": "WaitForTermination",
		"sourceRef":      map[string]any{"kind": "GitRepository", "name": SourceName},
		"postBuild":      map[string]any{"substituteFrom": []any{map[string]any{"kind": "ConfigMap", "name": FactsName}}},
	}
	for key, value := range more {
		spec[key] = value
	}
	return Object{"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": fluxMetadata(name), "spec": spec}
}

func fluxMetadata(name string) map[string]any {
	return map[string]any{"name": name, "namespace": FluxNamespace}
}

// seconds writes a duration as Flux's API normalizes it, so that an unchanged
// object shows no difference.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%ds", int(d.Seconds()))
}
