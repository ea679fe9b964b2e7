package config

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	gitURL = regexp.MustCompile(`^(https|ssh)://`)
	// scpStyle is git's short form for SSH, which is no URL.
	scpStyle      = regexp.MustCompile(`^(?:([A-Za-z0-9_.-]+)@)?([A-Za-z0-9.-]+):([^/\s:][^\s:]*)$`)
	connectionARN = regexp.MustCompile(`^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// checkGitURL checks the URL that Flux clones. Its source-controller takes
// http:// too; here nothing travels in the clear.
func checkGitURL(s string) (want, fix string) {
	const allowed = "an https:// or ssh:// URL of a Git repository"
	if m := scpStyle.FindStringSubmatch(s); m != nil {
		user := m[1]
		if user == "" {
			user = "git"
		}
		return allowed, "use " + show("ssh://"+user+"@"+m[2]+"/"+m[3])
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return allowed, "use one like https://git.example.com/owner/repository"
	}
	_, password := u.User.Password()
	switch {
	case u.User != nil && u.Scheme != "ssh", password:
		return "a URL without credentials", "remove them, put them into a Secret and name it in secretName"
	case u.Scheme == "http":
		u.Scheme = "https"
		return allowed, "use " + show(u.String())
	case u.Scheme != "https" && u.Scheme != "ssh":
		return allowed, "use one of these schemes"
	case strings.Trim(u.Path, "/") == "":
		return allowed, "add the repository's path"
	case u.RawQuery != "" || u.Fragment != "":
		u.RawQuery, u.Fragment = "", ""
		return "a URL without query and fragment", "use " + show(u.String()) + "; flux.branch sets the branch"
	}
	return "", ""
}

// hostOf is the host of a URL that checkGitURL took.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// configSource checks that the config repository's settings are its source's.
func (v *validator) configSource() {
	c, at := v.platform.Config, root+".config"
	if !v.ok(at + ".source") {
		return
	}
	if c.Source == ConfigSourceCodeCommit {
		for _, f := range []struct{ key, value string }{
			{"url", c.URL}, {"secretName", c.SecretName}, {"provider", string(c.Provider)},
		} {
			if f.value != "" {
				v.add(below(at, f.key), f.value, `nothing beside source "codecommit"`, `remove it, or use source "git"`)
			}
		}
		return
	}
	if c.URL == "" && v.ok(at+".url") {
		v.add(at+".url", nil, `the repository's URL beside source "git"`, `add it, or use source "codecommit"`)
	}
	if !v.ok(at+".url", at+".provider") {
		return
	}
	ssh := strings.HasPrefix(c.URL, "ssh://")
	switch {
	case c.Provider == GitProviderGitHub && ssh:
		v.add(at+".provider", c.Provider, "generic beside an ssh:// URL, a GitHub App works by https:// only", "use \"generic\", or an https:// URL")
	case c.SecretName == "" && v.ok(at+".secretName") && ssh:
		v.add(at+".secretName", nil, "a Secret with the key for the ssh:// URL", "create it and name it here")
	case c.SecretName == "" && v.ok(at+".secretName") && c.Provider == GitProviderGitHub:
		v.add(at+".secretName", nil, `a Secret with the GitHub App's key beside provider "github"`, "create it and name it here")
	}
}

// appSource checks that an app's settings are its source's.
func (v *validator) appSource(a App, at string) {
	s, at := a.Source, at+".source"
	if !v.ok(at + ".type") {
		return
	}
	for _, f := range []struct{ key, value string }{
		{"connectionArn", s.ConnectionARN}, {"owner", s.Owner}, {"repository", s.Repository},
	} {
		switch {
		case s.Type == AppSourceConnection && f.value == "" && v.ok(below(at, f.key)):
			v.add(below(at, f.key), nil, `the repository behind the connection beside type "connection"`, `add it, or use type "codecommit"`)
		case s.Type == AppSourceCodeCommit && f.value != "":
			v.add(below(at, f.key), f.value, `nothing beside type "codecommit"`, `remove it, or use type "connection"`)
		}
	}
	// CodeCommit's event tells nothing of the files that changed.
	if s.Type == AppSourceCodeCommit && len(s.Paths) > 0 {
		v.add(at+".paths", s.Paths, `no filters beside type "codecommit", whose events do not name files`, `remove it, or use type "connection"`)
	}
}
