package config

import (
	"regexp"
	"strings"
)

// GitHub configures the ci stack. Without a repository there is none.
type GitHub struct {
	// Repository as GitHub's tokens name it: owner/name or, in repositories made
	// or renamed after 15 July 2026, owner@id/name@id.
	// https://docs.github.com/en/actions/reference/security/oidc
	Repository string `json:"repository,omitempty" jsonschema:"Repository whose workflows may take the ci stack's roles, as its tokens name it: what stands behind repo: in the answer of gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix. Without it there is no ci stack."`
	// Branch whose scheduled workflows look for drift; the default branch.
	Branch string `json:"branch,omitempty" jsonschema:"Default branch of the repository, whose nightly workflow may look for drift. Only with repository."`
	// Environment is the one that a workflow's job names to deploy.
	Environment string `json:"environment,omitempty" jsonschema:"Name of the GitHub environment whose jobs may deploy. Limit it to the default branch. Only with repository."`
	// OIDCProviderARN is an existing provider: an account can have only one for GitHub.
	OIDCProviderARN string `json:"oidcProviderArn,omitempty" jsonschema:"ARN of the delivery account's OIDC provider for GitHub, when it has one already. Default: the ci stack makes it. Only with repository."`
}

// githubIssuer signs the tokens of GitHub's workflows.
const githubIssuer = "token.actions.githubusercontent.com"

var (
	// githubRepositoryName has, beside both names or neither, the ids that GitHub never gives again.
	githubRepositoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$`)
	// githubURL is how a browser or git names a repository.
	githubURL = regexp.MustCompile(`^(?:https://|ssh://git@|git@)github\.com[:/]([^/]+/[^/]+?)(?:\.git)?/?$`)
	// githubEnvironmentName leaves out what GitHub's tokens would escape.
	githubEnvironmentName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	githubProvider        = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/` + regexp.QuoteMeta(githubIssuer) + `$`)
)

func githubRepository() rule {
	const want = "owner/name of a GitHub repository, or owner@id/name@id"
	return rule{
		want: want, pattern: githubRepositoryName, max: 200,
		check: func(s string) (string, string) {
			m := githubRepositoryName.FindStringSubmatch(s)
			if m != nil && (m[1] == "") != (m[2] == "") {
				return want, "give both ids, or none"
			}
			return "", ""
		},
		fix: func(s string) string {
			return githubURL.ReplaceAllString(strings.TrimPrefix(s, "repo:"), "$1")
		},
	}
}

func githubEnvironment() rule {
	return rule{want: "the name of a GitHub environment, of letters, digits, '_', '.' and '-'", pattern: githubEnvironmentName, max: 255}
}

// github checks that the settings of the ci stack belong together.
func (v *validator) github() {
	g, at := v.platform.GitHub, root+".github"
	if g.Repository == "" {
		if g != (GitHub{}) {
			v.add(at+".repository", nil, "the repository that the other settings of github are for", "add it, or remove github")
		}
		return
	}
	owner := v.platform.Delivery.Account
	if g.OIDCProviderARN == "" || owner == "" || !v.ok(at+".oidcProviderArn", root+".delivery.account") {
		return
	}
	if strings.Split(g.OIDCProviderARN, ":")[4] != owner {
		v.add(at+".oidcProviderArn", g.OIDCProviderARN, "a provider of the delivery stack's account "+owner,
			"name the one of that account, or remove it: the ci stack then makes one")
	}
}
