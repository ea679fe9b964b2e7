package shell

import (
	"regexp"
	"strings"
)

// habits are what a build's scripts must never say, and what they must say
// wherever something else is said.
var habits = []struct {
	rule string
	// where is what the habit is about; the zero value is everything.
	where *regexp.Regexp
	// never and must are what is found and what is missing; one of them is set.
	never, must *regexp.Regexp
	what, fix   string
}{
	{rule: "strict", never: regexp.MustCompile(`(?m)^\s*set\s+\+[euo]+\b[^\n]*`), what: "stops to fail at errors", fix: "remove it"},
	{rule: "script", never: regexp.MustCompile(`(?m)^\s*(printenv|env|export -p|declare -x)\s*$`), what: "prints every variable, secrets included", fix: "print what is needed, by name"},
	{rule: "script", never: regexp.MustCompile(`get-login-password[^\n]*\|\s*tee\b|--password[ =]"?\$\(?`), what: "shows the registry's password, in the log or among the processes", fix: "pipe it into docker login --password-stdin alone"},
	{rule: "script", never: regexp.MustCompile(`(ba|da|z)?sh\s+<\(\s*(curl|wget)[^\n]*|(eval|source|sh -c)\s+"?(\$\(|<\()\s*(curl|wget)[^\n]*`), what: "runs a download unseen", fix: "fetch it with a checksum, then run it"},
	{rule: "tag", never: regexp.MustCompile(`(:|imageTag=|--image-tag[ =]|--tag[ =])"?latest\b`), what: "uses a tag that moves", fix: "name the digest, or the tag of this build"},
	{rule: "boundary", never: regexp.MustCompile(`\b(kubectl|helm|flux)\s+[a-z]+|aws eks [a-z-]+`), what: "reaches for a cluster", fix: "let Flux apply what is in Git"},
	{rule: "attestation", where: builds, must: regexp.MustCompile(`--provenance=false\b`), what: "lets BuildKit add attestations: the digest that is scanned and released would be that of an index", fix: "add --provenance=false to docker buildx build"},
	{rule: "platform", where: builds, must: regexp.MustCompile(`--platform[ =]"?\$\{?PLATFORM\b`), what: "builds for another platform than the project's", fix: `add --platform "$PLATFORM"`},
	{rule: "buildkit", where: regexp.MustCompile(`docker-container\b`), must: regexp.MustCompile(`image=\$\{?(BUILDKIT_IMAGE|image)\b`), what: "starts a BuildKit of any version", fix: `add --driver-opt "image=$BUILDKIT_IMAGE"`},
	{rule: "scan", where: scans, must: regexp.MustCompile(`imageDigest=\$\{?digest\b`), what: "scans another image than the one that was pushed", fix: `use --image-id "imageDigest=$digest"`},
	{rule: "threshold", where: limits, must: regexp.MustCompile(`critical\) limit=4\b[^\n]*high\) limit=3\b[^\n]*medium\) limit=2\b[^\n]*low\) limit=1\b`), what: "ranks the thresholds in another way than the findings", fix: "rank critical 4, high 3, medium 2, low 1"},
	{rule: "threshold", where: limits, must: regexp.MustCompile(`\$1 >= limit\b`), what: "does not count the findings at the threshold itself", fix: "count findings with rank >= limit"},
	{rule: "threshold", where: scans, must: regexp.MustCompile(`no scan of [^\n]*\n\s*exit 1\b`), what: "goes on when there is no scan in time", fix: "end with exit 1"},
}

// checkHabits looks for each in the scripts of a build.
func (r *review) checkHabits(p *project) {
	text := joined(p.text())
	for _, habit := range habits {
		if habit.where != nil && !habit.where.MatchString(text) {
			continue
		}
		switch {
		case habit.never != nil && habit.never.MatchString(text):
			r.add(habit.rule, p.Resource, habit.fix, "%s: %s", habit.what, strings.TrimSpace(habit.never.FindString(text)))
		case habit.must != nil && !habit.must.MatchString(text):
			r.add(habit.rule, p.Resource, habit.fix, "%s", habit.what)
		}
	}
}
