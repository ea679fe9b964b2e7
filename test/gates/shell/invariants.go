package shell

import (
	"regexp"
	"strings"
)

// What the scripts do, by the words that do it.
var (
	logsIn   = regexp.MustCompile(`aws ecr get-login-password[^\n]*\|\s*docker login\b[^\n]*--password-stdin`)
	builds   = regexp.MustCompile(`docker buildx build\b`)
	pushes   = regexp.MustCompile(`docker (buildx build|push|buildx imagetools create)\b`)
	byDigest = regexp.MustCompile(`--output[ =]"?type=image[^\n]*push-by-digest=true`)
	scans    = regexp.MustCompile(`aws ecr describe-image-scan-findings\b`)
	judges   = regexp.MustCompile(`\[ "\$bad" -gt 0 \]`)
	limits   = regexp.MustCompile(`case \$SCAN_THRESHOLD in`)
	tags     = regexp.MustCompile(`aws ecr put-image\b|docker buildx imagetools create --tag`)
	tagForm  = regexp.MustCompile(`tag=\$\(date -u \+%Y%m%dT%H%M%SZ\)-\$\{REVISION:0:7\}`)
	tagging  = regexp.MustCompile(`docker (buildx build|build|push)\b[^\n]*(-t |--tag)`)
	traces   = regexp.MustCompile(`(?m)^\s*set\s+-[a-wyz]*x|set -o xtrace`)
	insecure = regexp.MustCompile(`--no-check-certificate|curl[^\n]*\s(-k|--insecure)\b|--no-verify-ssl`)
	piped    = regexp.MustCompile(`(?i)(curl|wget)[^|;&\n]*\|\s*(sudo\s+)?(ba|da|z)?sh\b`)
	ignores  = regexp.MustCompile(`(?m)\|\|\s*(true|:)\s*$`)
)

// checkInvariants holds that no image gets a tag that Flux could find before
// its scan has passed.
func (r *review) checkInvariants(p *project) {
	text := joined(p.text())
	wrong := func(rule, fix, format string, args ...any) { r.add(rule, p.Resource, fix, format, args...) }
	login, push, scan, tag := first(logsIn, text), first(pushes, text), first(scans, text), first(tags, text)
	if push >= 0 && (login < 0 || login > push) {
		wrong("log-in", "run aws ecr get-login-password | docker login --password-stdin first", "pushes before it logs in to the registry, or never does")
	}
	if builds.MatchString(text) {
		if !byDigest.MatchString(text) {
			wrong("push-by-digest", "push with --output type=image,push=true,push-by-digest=true", "pushes an image with a tag: Flux would see it before its scan")
		}
		if scan < first(builds, text) {
			wrong("scan", "run the scan after the build", "builds an image, and does not scan it afterwards")
		}
	}
	if tagging.MatchString(text) {
		wrong("push-by-digest", "leave the tag to the release", "tags the image as it builds or pushes it: Flux would see it before its scan")
	}
	if scan >= 0 {
		switch judged := first(judges, text); {
		case judged < scan || first(limits, text) < 0:
			wrong("threshold", "compare the findings with SCAN_THRESHOLD and end with exit 1", "scans, and does not fail at the threshold")
		case !strings.Contains(text[judged:min(judged+200, len(text))], "exit 1"):
			wrong("threshold", "end with exit 1 when the findings are at or above SCAN_THRESHOLD", "finds something at or above the threshold, and does not fail")
		}
	}
	if tag >= 0 && scan > tag {
		wrong("scan", "release after the scan", "gives the image its tag before the scan")
	}
	if tag >= 0 && !tagForm.MatchString(text) {
		wrong("tag", "set tag=$(date -u +%Y%m%dT%H%M%SZ)-${REVISION:0:7}", "the tag is not of the form that Flux looks for, <time>-<commit>")
	}
	for _, bad := range []struct {
		found *regexp.Regexp
		fix   string
		what  string
	}{
		{traces, "remove set -x", "prints every command, passwords included"},
		{insecure, "check the certificate", "fetches without checking the certificate"},
		{piped, "fetch it with a checksum, then run it", "pipes a download into a shell"},
		{ignores, "let it fail", "goes on after a failure"},
	} {
		if match := bad.found.FindString(text); match != "" {
			wrong("script", bad.fix, "%s: %s", bad.what, strings.TrimSpace(match))
		}
	}
}

// joined has no comments, and each command on one line.
func joined(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", " ")
}

func first(pattern *regexp.Regexp, text string) int {
	if at := pattern.FindStringIndex(text); at != nil {
		return at[0]
	}
	return -1
}
