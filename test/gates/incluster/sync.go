package incluster

import (
	"regexp"
	"slices"
	"strings"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// The objects of the sync, by the names that Git refers to.
const (
	factsName    = "cluster-facts"
	sourceName   = "flux-system"
	tenantsName  = "tenants"
	platformName = "platform"
)

// checkSync holds the objects that point Flux at the config repository to what
// makes it follow, and end in order.
func (r *review) checkSync(c *cluster) {
	for _, want := range []struct{ kind, name, fix string }{
		{"ConfigMap", factsName, "add it: manifests in Git substitute their variables from it"},
		{"GitRepository", sourceName, "add it: without it Flux follows nothing"},
		{"Kustomization", tenantsName, "add it: it makes namespaces, service accounts and their rights"},
		{"Kustomization", platformName, "add it: it applies all that is not a tenant's right"},
	} {
		if p := c.manifest(want.kind, want.name); p == nil {
			r.missing("sync", c, want.fix, "no %s %s goes into %s", want.kind, want.name, c.LogicalID)
		} else if p.object.Raw.GetNamespace() != fluxNamespace {
			r.add("namespace", p.Resource, "set metadata.namespace: "+fluxNamespace, "%s is not in the namespace %s", p.object.ID(), fluxNamespace)
		}
	}
	for _, p := range c.parts {
		if p.object == nil {
			continue
		}
		switch object := p.object.Typed.(type) {
		case *sourcev1.GitRepository:
			r.checkSource(c, p, object)
		case *kustomizev1.Kustomization:
			r.checkKustomization(c, p, object)
		}
	}
	r.checkFacts(c)
}

var codeCommit = regexp.MustCompile(`^https://git-codecommit\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/v1/repos/(.+)$`)

func (r *review) checkSource(c *cluster, p *part, source *sourcev1.GitRepository) {
	wrong := func(rule, fix, format string, args ...any) { r.add(rule, p.Resource, fix, format, args...) }
	spec := source.Spec
	if interval := spec.Interval.Duration; interval < time.Minute || interval > time.Hour {
		wrong("interval", "set interval from 60s to 3600s", "interval %s, want 60s to 1h", interval)
	}
	if spec.Timeout == nil || spec.Timeout.Duration < 20*time.Second || spec.Timeout.Duration > 5*time.Minute {
		wrong("timeout", "set timeout: 60s", "no timeout from 20s to 5m")
	}
	if spec.Suspend {
		wrong("suspended", "remove suspend", "suspended: Flux would follow nothing")
	}
	if ref := spec.Reference; ref == nil || ref.Branch == "" || ref.Tag != "" || ref.SemVer != "" || ref.Commit != "" || ref.Name != "" {
		wrong("branch", "set ref.branch, and nothing else in ref", "follows no branch, so that no push would arrive")
	}
	if verify := spec.Verification; verify != nil && (verify.SecretRef.Name == "" || verify.GetMode() != sourcev1.ModeGitHEAD) {
		wrong("verify", "set verify: {mode: HEAD, secretRef: {name: …}}", "verify has no Secret, or another mode than HEAD")
	}
	match := codeCommit.FindStringSubmatch(spec.URL)
	switch {
	case match != nil:
		r.checkCodeCommit(c, p, source, match[1], match[3])
	case !strings.HasPrefix(spec.URL, "https://") && !strings.HasPrefix(spec.URL, "ssh://"):
		wrong("url", "use https:// or ssh://", "url %s is neither https:// nor ssh://", spec.URL)
	case spec.Provider == sourcev1.GitProviderAWS || strings.Contains(spec.URL, "codecommit"):
		wrong("url", "set url: https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>", "url %s is no repository of CodeCommit", spec.URL)
	}
	if strings.Contains(strings.TrimPrefix(spec.URL, "ssh://"), "@") && strings.HasPrefix(spec.URL, "https://") {
		wrong("secret", "put the credentials into a Secret and name it in secretRef", "the URL has credentials in it")
	}
	if spec.Provider != sourcev1.GitProviderAWS && spec.SecretRef == nil && (strings.HasPrefix(spec.URL, "ssh://") || spec.Provider == sourcev1.GitProviderGitHub) {
		wrong("secret", "name the Secret in secretRef", "has no Secret, which ssh:// and the provider github need")
	}
	if facts := c.manifest("ConfigMap", factsName); facts != nil && spec.Reference != nil {
		if branch := text(facts.object.Raw.Object, "data", "config_branch"); branch != spec.Reference.Branch {
			wrong("branch", "make both the same", "follows the branch %q, %s says %q: image updates would be pushed to a branch that nobody follows", spec.Reference.Branch, factsName, branch)
		}
	}
}

// checkCodeCommit holds that the repository is one of the assembly.
func (r *review) checkCodeCommit(c *cluster, p *part, source *sourcev1.GitRepository, region, name string) {
	if source.Spec.Provider != sourcev1.GitProviderAWS {
		r.add("provider", p.Resource, "set provider: aws", "provider is %q, want aws: nothing else logs in to CodeCommit", source.Spec.Provider)
	}
	if source.Spec.SecretRef != nil {
		r.add("secret", p.Resource, "remove secretRef: Pod Identity logs in", "secretRef names the Secret %s, which nobody makes", source.Spec.SecretRef.Name)
	}
	repository := r.repository(name)
	if repository == nil {
		r.add("url", p.Resource, "name the config repository", "url names the repository %s, which no stack makes", name)
		return
	}
	if at := pseudo(repository.Stack)["AWS::Region"]; region != at {
		r.add("url", p.Resource, "name the region of the repository", "url names the region %s, the repository is in %s", region, at)
	}
	branch := plain(repository.Get("Code", "BranchName"))
	if repository.Get("Code") == nil || source.Spec.Reference == nil || branch == source.Spec.Reference.Branch {
		return
	}
	if slices.ContainsFunc(repository.Stack.All("Custom::Branch"), func(made *assembly.Resource) bool {
		return plain(made.Get("BranchName")) == source.Spec.Reference.Branch
	}) {
		return
	}
	r.add("branch", p.Resource, "follow the branch of the seed, or push the other branch before you deploy",
		"follows the branch %q, the repository %s begins with %q", source.Spec.Reference.Branch, repository.LogicalID, branch)
	if facts := c.manifest("ConfigMap", factsName); facts != nil && dataOf(facts)["config_branch"] == source.Spec.Reference.Branch {
		r.findings[len(r.findings)-1].Severity = finding.Note // On purpose: the facts say the same.
	}
}

// repository is the CodeCommit repository with the name; nil when there is none.
func (r *review) repository(name string) *assembly.Resource {
	all := r.assembly.All("AWS::CodeCommit::Repository")
	at := slices.IndexFunc(all, func(resource *assembly.Resource) bool {
		found, err := r.text(resource.Stack, resource.Get("RepositoryName"))
		return err == nil && found == name
	})
	if at < 0 {
		return nil
	}
	return all[at]
}

func (r *review) checkKustomization(c *cluster, p *part, k *kustomizev1.Kustomization) {
	wrong := func(rule, fix, format string, args ...any) {
		r.add(rule, p.Resource, fix, "Kustomization "+k.Name+": "+format, args...)
	}
	spec := k.Spec
	if interval := spec.Interval.Duration; interval < time.Minute || interval > time.Hour {
		wrong("interval", "set interval from 60s to 3600s", "interval %s, want 60s to 1h", interval)
	}
	if spec.RetryInterval == nil || spec.RetryInterval.Duration < 10*time.Second || spec.RetryInterval.Duration > time.Minute {
		wrong("retry-interval", "set retryInterval: 30s", "no retryInterval from 10s to 1m")
	}
	// Longer than that of any Kustomization below it, shorter than a deployment waits.
	if spec.Timeout == nil || spec.Timeout.Duration <= 5*time.Minute || spec.Timeout.Duration >= 10*time.Minute {
		wrong("timeout", "set timeout: 480s", "no timeout of more than 5m, which those below it have, and less than the 10m that the deployment waits")
	}
	if !spec.Prune {
		wrong("prune", "set prune: true", "prune is off: what leaves Git, and all of it at the teardown, would stay in the cluster")
	}
	if spec.DeletionPolicy != kustomizev1.DeletionPolicyWaitForTermination {
		wrong("deletion-policy", "set deletionPolicy: WaitForTermination", "deletionPolicy is %q, want WaitForTermination: load balancers and volumes would outlive the cluster", spec.DeletionPolicy)
	}
	if spec.Suspend {
		wrong("suspended", "remove suspend", "suspended: it would follow nothing")
	}
	if d := spec.Decryption; d != nil && (d.Provider != "sops" || d.SecretRef != nil) {
		wrong("decryption", "set decryption: {provider: sops}; the key is that of the cluster in KMS", "decryption has another provider than sops, or a Secret, which nobody makes before it")
	}
	if spec.Force || spec.KubeConfig != nil || spec.TargetNamespace != "" {
		wrong("kustomization", "remove them", "has force, kubeConfig or targetNamespace")
	}
	if ref := spec.SourceRef; ref.Namespace != "" && ref.Namespace != fluxNamespace || c.manifest(ref.Kind, ref.Name) == nil {
		wrong("source", "refer to the GitRepository "+sourceName, "sourceRef names the %s %s, which does not exist in %s", ref.Kind, ref.Name, fluxNamespace)
	}
	for _, dependency := range spec.DependsOn {
		if c.manifest("Kustomization", dependency.Name) == nil || dependency.Namespace != "" && dependency.Namespace != fluxNamespace || dependency.Name == k.Name {
			wrong("depends-on", "name a Kustomization that there is", "depends on %s, which does not exist or is itself", dependency.Name)
		}
	}
	r.checkSubstitution(c, p, k)
	switch k.Name {
	case tenantsName:
		if spec.ServiceAccountName != "kustomize-controller" {
			wrong("account", "set serviceAccountName: kustomize-controller", "acts as %q, want kustomize-controller: it makes the accounts of all others", spec.ServiceAccountName)
		}
		for _, dependency := range spec.DependsOn {
			wrong("depends-on", "remove dependsOn", "depends on %s, and all others wait for tenants: none would ever begin", dependency.Name)
		}
		if !spec.Wait {
			wrong("wait", "set wait: true", "wait is off: platform would begin before its accounts exist")
		}
	case platformName:
		if spec.ServiceAccountName == "" || spec.ServiceAccountName == "kustomize-controller" {
			wrong("account", "set serviceAccountName: platform-reconciler", "acts as %q, which is cluster-admin or nobody", spec.ServiceAccountName)
		}
		if spec.Wait {
			wrong("wait", "set wait: false", "wait is on: a broken app would fail every deployment")
		}
		if !slices.ContainsFunc(spec.DependsOn, func(d kustomizev1.DependencyReference) bool { return d.Name == tenantsName }) {
			wrong("depends-on", "add {name: tenants} to dependsOn", "does not depend on %s, which makes its account", tenantsName)
		}
	}
}

func (r *review) checkSubstitution(c *cluster, p *part, k *kustomizev1.Kustomization) {
	reads := false
	if k.Spec.PostBuild != nil {
		for _, from := range k.Spec.PostBuild.SubstituteFrom {
			reads = reads || from.Kind == "ConfigMap" && from.Name == factsName && !from.Optional
			if from.Kind == "ConfigMap" && c.manifest("ConfigMap", from.Name) == nil {
				r.add("facts", p.Resource, "name the ConfigMap "+factsName, "Kustomization %s: substitutes from the ConfigMap %s, which does not exist", k.Name, from.Name)
			}
		}
	}
	if !reads {
		r.add("facts", p.Resource, "add {kind: ConfigMap, name: "+factsName+"} to postBuild.substituteFrom", "Kustomization %s: does not substitute from %s", k.Name, factsName)
	}
}
