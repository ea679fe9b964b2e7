// Package allow reads and applies overrides: lines with which a pull request
// accepts a risk by its name.
//
//	Allow-Replacement: dev-network/Network/Vpc
//	Allow-Deletion: dev/Kustomization flux-system/hello
//	Allow-Access: app-hello/Delivery/Build/Role/DefaultPolicy
//
// A construct's path accepts the same for what is below it. A stack's id alone
// accepts the stack's own removal, and nothing in it.
package allow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/review/change"
)

// Override accepts one risk.
type Override struct {
	Keyword change.Keyword
	Name    string
	// From is where it was said, for a report.
	From string
}

// comment is one of HTML, which a reader of the description does not see. One
// without an end hides all that follows.
var comment = regexp.MustCompile(`(?s)<!--.*?(-->|$)`)

// Parse reads the overrides of a text, such as a pull request's description.
// Other lines are skipped, and comments of HTML. A keyword without a name, or one that nearly is a
// keyword, is an error: its author believes that it accepts something.
func Parse(text, from string) ([]Override, error) {
	var found []Override
	for _, line := range strings.Split(comment.ReplaceAllString(text, ""), "\n") {
		line = strings.Trim(strings.TrimSpace(line), "`*- ")
		word, name, ok := strings.Cut(line, ":")
		if !ok || !strings.HasPrefix(strings.ToLower(word), "allow-") || strings.Contains(word, " ") {
			continue
		}
		at := slices.IndexFunc(change.Keywords, func(k change.Keyword) bool { return strings.EqualFold(string(k), word) })
		if at < 0 {
			return nil, fmt.Errorf("%s: %q is no override, want %s, %s or %s", from, word, change.Keywords[0], change.Keywords[1], change.Keywords[2])
		}
		if name = strings.Trim(strings.TrimSpace(name), "`"); name == "" || strings.Contains(name, "*") {
			return nil, fmt.Errorf("%s: %q names nothing, want a construct's path or environment/object, such as %s: dev-network/Network/Vpc; name what the review named", from, line, change.Keywords[at])
		}
		found = append(found, Override{Keyword: change.Keywords[at], Name: name, From: from})
	}
	return found, nil
}

// Apply marks the risks that are accepted, and returns a note for each
// override that accepted none.
func Apply(risks []change.Risk, overrides []Override) (stale []string) {
	for _, o := range overrides {
		used := false
		for i := range risks {
			if o.accepts(risks[i]) {
				risks[i].Accepted, used = true, true
			}
		}
		if !used {
			stale = append(stale, fmt.Sprintf("stale override in %s, it accepts nothing of this change: %s: %s", o.From, o.Keyword, o.Name))
		}
	}
	slices.Sort(stale)
	return slices.Compact(stale)
}

func (o Override) accepts(r change.Risk) bool {
	if r.Accept != o.Keyword {
		return false
	}
	return r.Name == o.Name || strings.Contains(o.Name, "/") && strings.HasPrefix(r.Name, o.Name+"/")
}
