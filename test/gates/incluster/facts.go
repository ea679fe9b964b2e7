package incluster

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/stacks/config"
	"gitops-eks/test/manifests"
)

var (
	objectName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	registryHost = regexp.MustCompile(`^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)
)

// checkFacts holds that Git is told all that it asks for, and the truth.
func (r *review) checkFacts(c *cluster) {
	p := c.manifest("ConfigMap", factsName)
	if p == nil {
		return
	}
	wrong := func(fix, format string, args ...any) { r.add("facts", p.Resource, fix, format, args...) }
	facts := dataOf(p)
	for _, key := range slices.Sorted(maps.Keys(manifests.FactKeys)) {
		if facts[key] == "" {
			wrong("add it: "+manifests.FactKeys[key], "%s lacks the key %s, which manifests in Git may substitute", factsName, key)
		}
	}
	for key := range facts {
		if manifests.FactKeys[key] == "" {
			wrong("remove it, or spell it as one of "+strings.Join(slices.Sorted(maps.Keys(manifests.FactKeys)), ", "), "%s has the key %s, which nobody knows", factsName, key)
		}
	}
	if p.object.Raw.GetLabels()["reconcile.fluxcd.io/watch"] != "Enabled" {
		wrong("add the label reconcile.fluxcd.io/watch: Enabled", "Flux does not look at a change of %s at once", factsName)
	}
	here := pseudo(p.Stack)
	want := map[string]string{"aws_region": here["AWS::Region"], "aws_account_id": here["AWS::AccountId"]}
	if name, err := r.text(c.Stack, c.Get("Name")); err == nil && name != "" {
		want["cluster_name"] = name
	}
	if environment := environmentOf(p.Stack); environment != p.Stack.ID {
		want["environment"] = environment
	}
	for key, value := range want {
		if got := facts[key]; got != "" && got != value {
			wrong("set "+key+": "+value, "%s says %s %q, which is %q", factsName, key, got, value)
		}
	}
	r.checkRegistry(p, facts)
	if kind := facts["alert_type"]; kind != "" && !slices.Contains(config.AlertTypes, kind) {
		wrong("name one of "+strings.Join(config.AlertTypes, ", "), "alert_type %q is no type of a notification Provider", kind)
	}
	if secret := facts["alert_secret"]; secret != "" && !objectName.MatchString(secret) {
		wrong("name a Secret", "alert_secret %q is no name of a Secret", secret)
	}
}

// checkRegistry holds that images come from where the pipelines push them.
func (r *review) checkRegistry(p *part, facts map[string]string) {
	registry, prefix := facts["registry"], facts["image_prefix"]
	if registry != "" && !registryHost.MatchString(registry) {
		r.add("facts", p.Resource, "set registry: <account>.dkr.ecr.<region>.amazonaws.com", "registry %q is no host of Amazon ECR", registry)
	}
	if prefix == "" {
		return
	}
	repositories := r.assembly.All("AWS::ECR::Repository")
	for _, repository := range repositories {
		at := pseudo(repository.Stack)
		name, err := r.text(repository.Stack, repository.Get("RepositoryName"))
		host := at["AWS::AccountId"] + ".dkr.ecr." + at["AWS::Region"] + "." + at["AWS::URLSuffix"]
		if err == nil && prefix == host+"/"+path.Dir(name) && registry == host {
			return
		}
	}
	if len(repositories) > 0 {
		r.add("facts", p.Resource, "name the registry and the folder of the image repositories", "image_prefix %q and registry %q are not those of any image repository of the assembly", prefix, registry)
	}
}

func dataOf(p *part) map[string]string {
	data := map[string]string{}
	entries, _ := at(p.object.Raw.Object, "data").(map[string]any)
	for key, value := range entries {
		data[key] = plain(value)
	}
	return data
}
