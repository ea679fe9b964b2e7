package test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// awsCommand stands in for AWS's command line, which makes a password for the
// path that Git asks about.
const awsCommand = `#!/bin/bash
asked=$(cat)
[ "$*" = "codecommit credential-helper get" ] && [[ "$asked" == *path=v1/repos/* ]] || exit 1
printf 'username=AKIA\npassword=%s\n' "$(sed -n s/^path=//p <<<"$asked")"
`

// cloneRunner runs clone commands on a machine that has git, the AWS command line
// and nothing configured but a keychain with a password that is of no use any more.
func cloneRunner(t *testing.T) (run func(dir, command string) (string, error)) {
	t.Helper()
	home, root := t.TempDir(), t.TempDir()
	programs, err := exec.Command("git", "--exec-path").Output()
	require.NoError(t, err)
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=AKIA"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		repository := regexp.MustCompile(`^/(v1/repos/[^/]+)/`).FindStringSubmatch(r.URL.Path)
		if _, password, _ := r.BasicAuth(); repository == nil || password != repository[1] {
			w.Header().Set("WWW-Authenticate", `Basic realm="codecommit"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	require.NoError(t, os.WriteFile(filepath.Join(home, "aws"), []byte(awsCommand), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(`[credential]
	helper = "!printf 'username=AKIA\npassword=old\n'; :"
[url "`+server.URL+`/"]
	insteadOf = https://git-codecommit.eu-west-1.amazonaws.com/
[user]
	name = x
	email = x@example.com
`), 0o644))
	run = func(dir, command string) (string, error) {
		cmd := exec.Command("bash", "-c", command)
		cmd.Dir = dir
		cmd.Env = []string{
			"HOME=" + home, "PATH=" + home + ":" + os.Getenv("PATH"), "AWS_REGION=eu-west-1",
			"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false",
		}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, repository := range []string{"platform-config", "platform-hello"} {
		out, err := run(root, "git init --quiet --bare v1/repos/"+repository+" && git -C v1/repos/"+repository+" config http.receivepack true")
		require.NoError(t, err, out)
	}
	return run
}

// The commands of the quick start and the outputs clone and push as they stand:
// CodeCommit takes no password that a person has.
func TestCloneCommandsWork(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	quick := regexp.MustCompile(`(?m)^git clone .*/platform-(?:config|hello).*$`).FindAllString(string(readme), -1)
	require.Len(t, quick, 2)
	run := cloneRunner(t)
	for i, output := range [][2]string{{"delivery", "CloneConfig"}, {"app-hello", "CloneCode"}} {
		s := synth(t, "default").stack(t, output[0])
		command := s.render(dig(s.body, "Outputs", output[1], "Value"))
		command = strings.NewReplacer("${AWS::Region}", "eu-west-1", "${AWS::URLSuffix}", "amazonaws.com").Replace(command)
		require.Equal(t, strings.ReplaceAll(quick[i], "$AWS_REGION", "eu-west-1"), command)
		for _, command := range []string{quick[i], command} {
			dir := t.TempDir()
			out, err := run(dir, command)
			require.NoError(t, err, "%s\n%s", command, out)
			out, err = run(dir, "cd platform-* && git commit --quiet --allow-empty --message x && git push --quiet origin HEAD && git pull --quiet origin HEAD")
			require.NoError(t, err, out)
		}
	}
}

// Where the repository is not the platform's, how to clone it is its host's business.
func TestOnlyOwnRepositoriesHaveACloneCommand(t *testing.T) {
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		commands := 0
		for _, output := range []string{"CloneConfig", "CloneCode"} {
			if dig(s.body, "Outputs", output) != nil {
				commands++
			}
		}
		require.Equal(t, len(s.all("AWS::CodeCommit::Repository")), commands)
		require.Equal(t, s.name == "delivery" && a.platform.Config.Source == config.ConfigSourceCodeCommit, dig(s.body, "Outputs", "CloneConfig") != nil)
	})
}
