package test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// seedWorkflows are those that the config repository begins with.
const seedWorkflows = "test/testdata/project/manifests/.github/workflows/"

// workflowFiles are the texts of the workflows and of the project's own actions.
func workflowFiles(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{".github/workflows/*.yaml", ".github/actions/*/action.yaml", seedWorkflows + "*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			found[file] = string(text)
		}
	}
	return found
}

var (
	usesAction   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinnedAction = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
)

// A tag can be moved to other code, which would run with the job's rights; a
// commit cannot. The version behind it is what Dependabot reads.
func TestActionsArePinned(t *testing.T) {
	for file, text := range workflowFiles(t) {
		for _, found := range usesAction.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(found[1], "./") {
				require.Regexp(t, pinnedAction, found[1], file)
			}
		}
	}
}

// Dependabot keeps the workflows here up to date; the seed's follow.
func TestTheSeedUsesTheSameActions(t *testing.T) {
	files := workflowFiles(t)
	used := func(text string) (names []string) {
		for _, found := range usesAction.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
		return names
	}
	var ours []string
	for file, text := range files {
		if !strings.HasPrefix(file, seedWorkflows) {
			ours = append(ours, used(text)...)
		}
	}
	check := files[seedWorkflows+"check.yaml"]
	require.Len(t, used(check), 3)
	require.Subset(t, ours, used(check))
}

// The config repository's check runs the code of the platform's repository on the files of the pull
// request, which get no say in it, and stays off until somebody has named the one.
func TestTheConfigRepositoryChecksItself(t *testing.T) {
	check := workflowFiles(t)[seedWorkflows+"check.yaml"]
	require.Contains(t, check, "\n    if: vars.PLATFORM_REPOSITORY != ''\n")
	require.Contains(t, check, "\n    branches: ["+config.DefaultBranch+", "+config.DefaultReleaseBranch+"]\n")
	require.Equal(t, 1, strings.Count(check, "run: "))
	require.Contains(t, check, "      - run: make -C platform check CONFIG=../config\n")
}

// What runs with the rights of the default branch takes no code from a pull
// request; each job asks for its rights by itself, and none waits for ever.
func TestWorkflowsAreCareful(t *testing.T) {
	for file, text := range workflowFiles(t) {
		if !strings.Contains(file, "workflows") {
			continue
		}
		jobs := strings.Count(text, "\n    runs-on: ")
		require.Positive(t, jobs, file)
		require.NotContains(t, text, "pull_request_target", file)
		// The only way to a private repository, and this one's key only reads.
		require.NotContains(t, strings.Replace(text, "ssh-key: ${{ secrets.PLATFORM_DEPLOY_KEY }}", "", 1), "secrets.", file)
		require.Contains(t, text, "\npermissions: {}\n", file)
		require.Contains(t, text, "\nconcurrency:\n", file)
		require.Equal(t, jobs, strings.Count(text, "\n    permissions: {"), file)
		require.Equal(t, jobs, strings.Count(text, "\n    timeout-minutes: "), file)
		require.Equal(t, strings.Count(text, "actions/checkout@"), strings.Count(text, "persist-credentials: false"), file)
		// Whatever GitHub puts into a script could be written by anybody.
		require.NotRegexp(t, `run: .*\$\{\{`, text, file)
	}
}

// What is required of a pull request is said by the code that it is merged
// into, which takes from it files only, and its own code gets no rights.
func TestAPullRequestDoesNotReviewItself(t *testing.T) {
	diff := workflowFiles(t)[".github/workflows/diff.yaml"]
	_, offline, found := strings.Cut(diff, "\n  offline:\n")
	require.True(t, found)
	offline, account, found := strings.Cut(offline, "\n  account:\n")
	require.True(t, found)
	require.Contains(t, offline, "ref: ${{ github.event.pull_request.base.ref }}")
	require.Contains(t, offline, "make diff HEAD=head ASSEMBLY=assembly BASE=HEAD^1 ")
	require.NotContains(t, offline, "uses: ./head")
	require.NotContains(t, offline, "working-directory")
	require.Contains(t, account, "github.actor != 'dependabot[bot]'")
}

// The workflows and the settings' defaults name the same branch and environment.
func TestWorkflowsMatchTheSettings(t *testing.T) {
	deploy := workflowFiles(t)[".github/workflows/deploy.yaml"]
	require.Contains(t, deploy, "branches: ["+config.DefaultBranch+"]\n")
	require.Contains(t, deploy, "    environment: "+config.DefaultGitHubEnvironment+" #")
}

// runScript runs a script of .github with other commands in the place of those
// that reach GitHub and AWS. Each appends its arguments to the file calls.
func runScript(t *testing.T, dir, script string, stubs map[string]string, env ...string) (out string, exitCode int, calls string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the scripts of .github run on GitHub's Linux machines")
	}
	for name, body := range stubs {
		body = "#!/bin/bash\nall=\"$*\"\necho \"" + name + " $all\" >> \"$DIR/calls\"\n" + body
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(body), 0o755))
	}
	require.FileExists(t, strings.Fields(script)[0]) // so that `go test` forgets its cached result when the file changes
	command := exec.Command("bash", strings.Fields(script)...)
	command.Env = append(append(os.Environ(), "DIR="+dir, "PATH="+dir+":"+os.Getenv("PATH")), env...)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		require.True(t, errors.As(err, &exit), err)
		exitCode = exit.ExitCode()
	}
	made, err := os.ReadFile(filepath.Join(dir, "calls"))
	require.True(t, err == nil || os.IsNotExist(err), err)
	return both.String(), exitCode, string(made)
}

// githubCommand stands in for GitHub's command line.
const githubCommand = `case "$all" in
*/pulls\ *) printf '%s' "$PULLS" ;;
*/artifacts\ *) echo "$ARTIFACTS" ;;
run\ download\ *) mkdir -p "${all##*--dir }"; cp -P "$DIR/review.md" "${all##*--dir }/" ;;
*/comments\ --jq\ *) printf '%s' "$MINE" ;;
*body=@*) cp "${all##*body=@}" "$DIR/body.md" ;;
esac`

// comment runs comment.sh on a review.
func comment(t *testing.T, dir string, env ...string) (out string, exitCode int, calls, body string) {
	t.Helper()
	env = append([]string{
		"GITHUB_REPOSITORY=acme/platform", "RUN_ID=7", "RUN_URL=https://github.example/run/7",
		"HEAD=eve:main", "HEAD_SHA=0123456789abcdef0123456789abcdef01234567", "PULLS=12", "ARTIFACTS=1", "MINE=",
	}, env...)
	out, exitCode, calls = runScript(t, dir, ".github/scripts/comment.sh", map[string]string{"gh": githubCommand}, env...)
	made, err := os.ReadFile(filepath.Join(dir, "body.md"))
	require.True(t, err == nil || os.IsNotExist(err), err)
	return out, exitCode, calls, string(made)
}

func writeReview(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "review.md"), []byte(text), 0o644))
	return dir
}

// One comment a pull request: the next review takes the place of the last one.
func TestReviewIsUpdatedInPlace(t *testing.T) {
	for mine, want := range map[string]string{
		"":          "gh api --silent --method POST repos/acme/platform/issues/12/comments -F body=@",
		"99\n100\n": "gh api --silent --method PATCH repos/acme/platform/issues/comments/99 -F body=@",
	} {
		out, exitCode, calls, body := comment(t, writeReview(t, "1 finding\n"), "MINE="+mine)
		require.Zero(t, exitCode, out)
		require.Contains(t, calls, want)
		require.Equal(t, "<!-- offline review -->\nWritten by the code of this pull request, at 0123456789ab: [the run](https://github.example/run/7)\n\n1 finding\n", body)
	}
}

// The text may come from a fork: it calls nobody, and does not break off in a character.
func TestReviewIsHarmless(t *testing.T) {
	_, exitCode, _, body := comment(t, writeReview(t, "see @acme/owners"))
	require.Zero(t, exitCode)
	require.Contains(t, body, "see @\u200bacme/owners")

	// Nor does it load, lead or hide anything; what the review folds stays folded.
	_, exitCode, _, body = comment(t, writeReview(t, "<img src=https://eve.example/1.png> ![x](https://eve.example/2.png) <!-- no\n<details><summary>a</summary></details>"))
	require.Zero(t, exitCode)
	require.NotContains(t, body, "<img")
	require.NotContains(t, body, "![")
	require.NotContains(t, body, "](https://eve")
	require.NotContains(t, body, "<!-- no")
	require.Contains(t, body, "<details><summary>a</summary></details>")

	out, exitCode, _, body := comment(t, writeReview(t, "x"+strings.Repeat("é", 70000)))
	require.Zero(t, exitCode, out)
	require.Less(t, len([]rune(body)), 65536)
	require.True(t, utf8.ValidString(body))
	require.Contains(t, body, "Too long for a comment: the whole review is in [the run](https://github.example/run/7).")
}

func TestReviewWithoutAPlaceIsLeftOut(t *testing.T) {
	for env, want := range map[string]string{
		"PULLS=":      "::notice::no open pull request is at 0123456789abcdef0123456789abcdef01234567: it has moved on, or is closed\n",
		"ARTIFACTS=0": "::notice::the run made no review: https://github.example/run/7 says why\n",
	} {
		out, exitCode, calls, _ := comment(t, writeReview(t, "x"), env)
		require.Zero(t, exitCode)
		require.Equal(t, want, out)
		require.NotContains(t, calls, "body=@")
	}
}

func TestStrangeReviewsAreRefused(t *testing.T) {
	out, exitCode, _, _ := comment(t, writeReview(t, "x"), "PULLS=1\n2")
	require.Equal(t, 1, exitCode)
	require.Equal(t, "got the pull requests 1, 2 at 0123456789abcdef0123456789abcdef01234567, want one\n", out)

	dir := t.TempDir()
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "review.md")))
	out, exitCode, calls, _ := comment(t, dir)
	require.Equal(t, 1, exitCode)
	require.Equal(t, "the artifact review has no file review.md\n", out)
	require.NotContains(t, calls, "body=@")
}

// cdkCommand stands in for the CDK's command line: it shows the profile that it
// would use, and finds something in the stacks named in DRIFTED.
const cdkCommand = `cat "$AWS_CONFIG_FILE"; case "$all" in *$DRIFTED*) exit 1 ;; esac`

// callerIdentity stands in for AWS's command line, asked for whom it speaks.
func callerIdentity(partition string) string {
	return `printf '333333333333\tarn:` + partition + `:sts::333333333333:assumed-role/x/y\n'`
}

// Every account is looked at with its own role, also behind one that shows drift.
func TestDriftIsLookedForInEveryAccount(t *testing.T) {
	a := synth(t, "github")
	look := func(drifted string) (string, int, string) {
		stubs := map[string]string{"npx": cdkCommand, "aws": callerIdentity("aws")}
		return runScript(t, t.TempDir(), ".github/scripts/drift.sh "+a.dir, stubs, "DRIFTED="+drifted, "AWS_REGION=eu-west-1")
	}
	out, exitCode, calls := look("nothing")
	require.Zero(t, exitCode, out)
	for _, e := range a.platform.Environments {
		require.Contains(t, out, "[profile drift]\nrole_arn = arn:aws:iam::"+e.Account+":role/cdk-hnb659fds-lookup-role-"+e.Account+"-"+e.Region+"\ncredential_source = Environment\nregion = "+e.Region+"\n")
	}
	require.Equal(t, 2, strings.Count(calls, "npx --no-install cdk drift --app "+a.dir+" --profile drift --fail "), calls)
	for _, s := range a.stacks {
		require.Equal(t, 1, strings.Count(calls+" ", " "+s.name), "%s in %s", s.name, calls)
	}

	_, exitCode, again := look("dev-network")
	require.Equal(t, 1, exitCode)
	require.Equal(t, calls, again)
}

// An open account is that of the credentials, and so is an open Region.
func TestDriftIsLookedForInAnOpenAccount(t *testing.T) {
	stubs := map[string]string{"npx": cdkCommand, "aws": callerIdentity("aws-cn")}
	out, exitCode, _ := runScript(t, t.TempDir(), ".github/scripts/drift.sh "+synth(t, "default").dir, stubs, "DRIFTED=nothing", "AWS_REGION=cn-north-1")
	require.Zero(t, exitCode, out)
	require.Contains(t, out, "== aws://333333333333/cn-north-1: delivery app-hello dev-network dev-cluster dev-gitops\n")
	require.Contains(t, out, "role_arn = arn:aws-cn:iam::333333333333:role/cdk-hnb659fds-lookup-role-333333333333-cn-north-1\n")
}

// Who is told gets the report, also when there is none.
func TestDriftIsTold(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, "drift.txt")
	require.NoError(t, os.WriteFile(report, []byte("a subnet's tag"), 0o644))
	for file, want := range map[string]string{report: "a subnet's tag\n", "nowhere": ""} {
		out, exitCode, calls := runScript(t, dir, ".github/scripts/alert.sh "+file, map[string]string{"aws": `cat "${all##*file://}"`},
			"TOPIC=arn:aws:sns:eu-west-1:111111111111:t", "RUN_URL=https://github.example/run/7", "GITHUB_REPOSITORY=acme/platform")
		require.Zero(t, exitCode, out)
		require.Equal(t, "Something was changed by hand, or could not be looked at: https://github.example/run/7\n\n"+want, out)
		require.Contains(t, calls, "aws sns publish --topic-arn arn:aws:sns:eu-west-1:111111111111:t --subject Drift: acme/platform --message file://")
	}
	out, exitCode, _ := runScript(t, dir, ".github/scripts/alert.sh "+report, nil, "TOPIC=", "RUN_URL=x")
	require.Equal(t, 1, exitCode)
	require.Contains(t, out, "TOPIC: the repository variable AWS_ALERT_TOPIC is missing")
}

func TestDriftNeedsAnAssembly(t *testing.T) {
	out, exitCode, _ := runScript(t, t.TempDir(), ".github/scripts/drift.sh nowhere", nil)
	require.Equal(t, 1, exitCode)
	require.Equal(t, "nowhere has no manifest.json: run make synth\n", out)
}
