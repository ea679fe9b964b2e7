package manifests

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"text/template"
	"time"

	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
)

// checkImages keeps image automation to the environment that asks for it, whole.
func checkImages(e *Environment, r *report) {
	objects := e.Objects()
	automations := all[*automationv1.ImageUpdateAutomation](objects)
	if !e.Automatic {
		for _, automation := range automations {
			r.add("automation", e.about("ImageUpdateAutomation", automation), "remove it from this environment", "%s changes by pull request only", e.Name)
		}
		return
	}
	if len(automations) != 1 {
		r.add("automation", file(path.Join(e.PlatformPath, "kustomization.yaml")), "follow ./infrastructure/image-automation, once",
			"%d ImageUpdateAutomations in %s, not 1", len(automations), e.Name)
		return
	}
	e.checkAutomation(automations[0], r)
	repositories := map[string]bool{}
	for _, repository := range all[*reflectorv1.ImageRepository](objects) {
		about := e.about("ImageRepository", repository)
		repositories[repository.Name] = true
		if repository.Spec.Provider != "aws" {
			r.add("image-repository", about, "set provider: aws", "provider %q, not aws", repository.Spec.Provider)
		}
		if want := e.complete()["image_prefix"] + "/" + repository.Name; repository.Spec.Image != want {
			r.add("image-repository", about, "set image: ${image_prefix}/"+repository.Name, "image %s, not %s", repository.Spec.Image, want)
		}
		if repository.Spec.Insecure || repository.Spec.Suspend {
			r.add("image-repository", about, "remove insecure and suspend", "is insecure or suspended")
		}
		if interval := repository.Spec.Interval.Duration; interval < time.Minute || interval > 10*time.Minute {
			r.add("interval", about, "set interval: 1m", "interval %s, want 1m to 10m", interval)
		}
	}
	for _, policy := range all[*reflectorv1.ImagePolicy](objects) {
		if !repositories[policy.Spec.ImageRepositoryRef.Name] {
			r.add("image-policy", e.about("ImagePolicy", policy), "name an ImageRepository that there is", "no ImageRepository %s", policy.Spec.ImageRepositoryRef.Name)
		}
	}
}

func (e *Environment) checkAutomation(automation *automationv1.ImageUpdateAutomation, r *report) {
	wrong := func(fix, format string, args ...any) {
		r.add("automation", e.about("ImageUpdateAutomation", automation), fix, format, args...)
	}
	if want := "./apps/" + e.Name; automation.Spec.Update == nil || automation.Spec.Update.Path != want {
		wrong("set update.path: ./apps/${environment}", "does not update %s", want)
	}
	if ref := automation.Spec.SourceRef; ref.Kind != "GitRepository" || ref.Name != "flux-system" || ref.Namespace != "" {
		wrong("refer to the GitRepository flux-system", "sourceRef is %s %s/%s, not GitRepository flux-system", ref.Kind, ref.Namespace, ref.Name)
	}
	if automation.Spec.Suspend {
		wrong("remove suspend", "suspended: no image would be rolled out")
	}
	if interval := automation.Spec.Interval.Duration; interval < time.Minute || interval > 10*time.Minute {
		wrong("set interval: 1m", "interval %s, want 1m to 10m", interval)
	}
	git := automation.Spec.GitSpec
	if git == nil {
		wrong("set git.commit and git.push", "has no git")
		return
	}
	branch := e.complete()["config_branch"]
	if git.Push == nil || git.Push.Branch != branch || git.Push.Refspec != "" {
		wrong("set git.push.branch: ${config_branch}, and no refspec", "does not push to the branch %s that the cluster follows", branch)
	}
	if git.Checkout != nil && git.Checkout.Reference.Branch != branch {
		wrong("set git.checkout.ref.branch: ${config_branch}", "checks out %q, not the branch %s that the cluster follows", git.Checkout.Reference.Branch, branch)
	}
	if git.Commit.Author.Email == "" {
		wrong("set git.commit.author.email", "commits without an author")
	}
	if _, err := template.New("message").Parse(git.Commit.MessageTemplate); err != nil {
		wrong("mend git.commit.messageTemplate", "the template of its messages is wrong: %v", err)
	}
}

// Tags of the pipeline's form, and others that lie in the same repository.
var (
	pipelineTags = []string{"20261231T235959Z-fffffff", "20270101T000000Z-0000000"}
	otherTags    = []string{"cache", "cache-amd64", "latest", "v9.9.9", "main", "20261231T235959Z-fffffff-amd64"}
)

// checkImagePolicies holds that each policy picks the newest of the pipeline's
// tags and none of the others.
func checkImagePolicies(e *Environment, r *report) {
	for _, policy := range all[*reflectorv1.ImagePolicy](e.Objects()) {
		wrong := func(format string, args ...any) {
			r.add("image-policy", e.about("ImagePolicy", policy),
				"filter by ^(?P<time>[0-9]{8}T[0-9]{6}Z)-[0-9a-f]{7}$, extract $time, and order alphabetically, asc", format, args...)
		}
		got, err := newest(policy, pipelineTags)
		switch {
		case err != nil:
			wrong("does not pick the pipeline's tags, such as %s: %v", pipelineTags[1], err)
		case got != pipelineTags[1]:
			wrong("picks %s before %s, which is newer", got, pipelineTags[1])
		}
		for _, tag := range otherTags {
			if _, err := newest(policy, []string{tag}); err == nil {
				wrong("picks the tag %s, which is not of the pipeline's form", tag)
			}
		}
	}
}

var (
	setter    = regexp.MustCompile(`# \{"\$imagepolicy": "([^"]+)"\}`)
	anySetter = regexp.MustCompile(`#.*\$imagepolicy`)
)

// checkSetters looks for the comments that image automation writes behind, which a
// build does not show.
func (t *Tree) checkSetters(e *Environment, r *report) {
	policies := map[string]bool{}
	for _, policy := range all[*reflectorv1.ImagePolicy](e.Objects()) {
		policies[policy.Namespace+":"+policy.Name+":tag"] = true
	}
	found := map[string]bool{}
	for _, name := range t.yamlFiles() {
		for i, line := range strings.Split(t.Files[name], "\n") {
			if anySetter.MatchString(line) && !setter.MatchString(line) {
				r.add("setter", file(name), `write it as # {"$imagepolicy": "flux-system:<policy>:tag"}`, "line %d: image automation cannot read this comment", i+1)
			}
		}
		for _, match := range setter.FindAllStringSubmatch(t.Files[name], -1) {
			parts := strings.Split(name, "/")
			if len(parts) < 3 || parts[0] != "apps" || parts[1] == "base" || parts[1] == "components" {
				r.add("setter", file(name), "move it to the environment's folder", "a setter for %s outside apps/<environment>", match[1])
				continue
			}
			if parts[1] != e.Name {
				continue
			}
			if !e.Automatic {
				r.add("setter", file(name), "remove the comment", "a setter for %s, and %s changes by pull request only", match[1], e.Name)
				continue
			}
			found[match[1]] = true
			if !policies[match[1]] {
				r.add("setter", file(name), "name an ImagePolicy, as namespace:name:tag", "a setter for %s, which is no ImagePolicy's tag", match[1])
			}
		}
	}
	for name := range policies {
		if !found[name] {
			about := file(fmt.Sprintf("apps/%s/%s/kustomization.yaml", e.Name, strings.Split(name, ":")[1]))
			r.add("setter", about, `put # {"$imagepolicy": "`+name+`"} behind newTag`, "no setter for %s in apps/%s", name, e.Name)
		}
	}
}
