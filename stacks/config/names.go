package config

import (
	"fmt"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The lengths of names leave room for what is made of them: the cluster
// <name>-<environment> (EKS: 100), the image repository <name>/<app> (ECR:
// 256), the Git repository <name>-<app> (CodeCommit: 100) and IAM roles (64).
const (
	maxName            = 20
	maxAppName         = 40
	maxEnvironmentName = 16
	maxNodeGroupName   = 30

	maxRoleName = 64

	// maxTags leaves ten of AWS' fifty to the program's own tags.
	maxTags = 40
	// maxEnvironments keeps the default CIDRs below 10.100.0.0/16, which EKS
	// takes for the addresses of services.
	maxEnvironments = 100
)

var (
	// slug has no doubled, leading or trailing hyphen: ECR refuses those.
	slug = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	// tagText are the characters that all services take in tags.
	tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)
	// emailShape keeps out what mail programs take and Amazon SNS does not.
	emailShape = regexp.MustCompile(`^[^@\s"]+@[^@\s"]+$`)
	// pinnedImage cannot change behind its name: who builds the images could
	// put anything into them.
	pinnedImage = regexp.MustCompile(`^([a-z0-9.-]+(:[0-9]{1,5})?/)*[a-z0-9._-]+(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}$`)
	// dns1123 is a Kubernetes object's name.
	dns1123 = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	// refName is what git check-ref-format takes, less what needs quoting.
	refName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)
	// repositoryPath has no part that starts with a dot, and so no "..".
	repositoryPath = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$`)
)

// minName is what the shortest of AWS's names asks for, that of a repository in ECR.
const minName = 2

// text is the rule for a name; its kind serves as the example.
func text(kind string, high int) rule {
	return rule{
		min: minName, max: high, pattern: slug,
		want: show(minName) + " to " + show(high) + " of a-z, 0-9 and single '-' between them, starting with a letter",
		fix: func(s string) string {
			s = regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(s), "-")
			s = strings.Trim(s, "-")
			if s != "" && s[0] <= '9' {
				s = kind + "-" + s
			}
			return s
		},
	}
}

func secretName() rule {
	return rule{want: "the name of a Kubernetes Secret, of a-z, 0-9, '-' and '.'", pattern: dns1123, max: 253, fix: lower}
}

func branch() rule {
	return rule{want: "the name of a branch", pattern: refName, max: 255, check: checkBranch}
}

func checkBranch(s string) (want, fix string) {
	const allowed = "the name of a branch"
	if name, ok := strings.CutPrefix(s, "refs/heads/"); ok {
		return allowed, "use " + show(name)
	}
	if strings.Contains(s, "..") || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ".lock") || strings.Contains(s, ".lock/") {
		return allowed, "change it: git refuses it"
	}
	return "", ""
}

func checkPath(s string) (want, fix string) {
	clean := path.Clean(strings.TrimLeft(s, "/"))
	if clean != s && repositoryPath.MatchString(clean) {
		return "a relative path in the config repository, in its shortest form", "use " + show(clean)
	}
	return "", ""
}

func checkEmail(s string) (want, fix string) {
	const allowed = "an e-mail address without a name"
	a, err := mail.ParseAddress(s)
	switch {
	case err != nil:
		return allowed, "use one like ops@example.com"
	case a.Address != s:
		return allowed, "use " + show(a.Address)
	}
	return "", ""
}

// names checks that no two things get the same AWS or Kubernetes name.
func (v *validator) names() {
	p := v.platform
	environments, apps := map[string]int{}, map[string]int{}
	for i, e := range p.Environments {
		at := item(root+".environments", i) + ".name"
		v.named(e.Name, at, "environments", environments, i)
		if owner := reservedEnvironments[e.Name]; owner != "" {
			v.add(at, e.Name, "another name: "+owner, "rename the environment")
		}
		if e.Name == "app" || strings.HasPrefix(e.Name, "app-") {
			v.add(at, e.Name, "another name: the stacks of the apps begin with app-", "rename the environment")
		}
		v.roleNames(e, at)

		groups := map[string]int{}
		for j, g := range e.Compute.NodeGroups {
			at := item(item(root+".environments", i)+".compute.nodeGroups", j) + ".name"
			v.named(g.Name, at, "node groups", groups, j)
			// constructs/nodegroup.go names the launch template so.
			if of, ok := strings.CutSuffix(g.Name, "-template"); ok && slices.ContainsFunc(e.Compute.NodeGroups, func(g NodeGroup) bool { return g.Name == of }) {
				v.add(at, g.Name, "a name that is not that of another one's launch template", "rename it, or "+show(of))
			}
		}
	}
	for i, a := range p.Apps {
		at := item(root+".apps", i) + ".name"
		v.named(a.Name, at, "apps", apps, i)
		if owner := ReservedApp(a.Name); owner != "" {
			v.add(at, a.Name, "another name: "+owner, "rename the app")
		}
	}
}

// longestRole is behind <name>-<environment> in the name of a role, see
// stacks/names.go. All others fit, whatever the two names are.
const longestRole = "-image-automation-controller-target"

// roleNames checks that the role of an environment's image automation fits into
// IAM's 64 characters; only that of another account has a name of its own.
func (v *validator) roleNames(e Environment, at string) {
	p := v.platform
	if p.Config.Source != ConfigSourceCodeCommit || e.Account == p.Delivery.Account || e.Flux.ImageUpdates != ImageUpdatesAutomatic {
		return
	}
	if limit := maxRoleName - len(p.Name+"-"+longestRole); len(e.Name) > limit && v.ok(root+".name", at) {
		v.add(at, e.Name, fmt.Sprintf("at most %d characters beside the name %s, in another account than delivery and with automatic image updates: "+
			"IAM's names of roles end at %d", limit, show(p.Name), maxRoleName), "shorten one of the two, or set flux.imageUpdates to "+show(ImageUpdatesPullRequest))
	}
}

// named reports a name that an earlier item of its list has.
func (v *validator) named(name, at, what string, first map[string]int, i int) {
	if earlier, again := first[name]; again && name != "" {
		v.add(at, name, "a name that no other of the "+what+" has", "rename it, "+item("", earlier)+" has the same")
		return
	}
	first[name] = i
}
