package constructs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkCommands stand in for Go, which builds a program that says and does what
// the test wants, and for AWS's command line, which records its arguments.
var checkCommands = map[string]string{
	"go":  "#!/bin/bash\n[ \"$PWD $1 $4\" = \"$CODEBUILD_SRC_DIR_PROGRAM/test/gates build ./seed/cmd\" ] || exit 9\nprintf '#!/bin/bash\\necho \"$@\" >%s/asked\\ncat %s/says; exit '$EXIT'\\n' \"$KEPT\" \"$KEPT\" >\"$3\"\nchmod +x \"$3\"\n",
	"aws": "#!/bin/bash\necho \"$@\" >\"$KEPT/aws\"\ncp comment \"$KEPT/comment\"\n",
}

// runCheck runs the script of the check, with a program that says a text and
// ends with an exit code.
func runCheck(t *testing.T, says, exit, pullRequest string) (out string, exitCode int, kept func(string) string) {
	t.Helper()
	bin, dir, program, checkout := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	for name, text := range checkCommands {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(program, "test/gates"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "says"), []byte(says), 0o600))
	// A checkout with what the script writes elsewhere.
	for _, name := range []string{"found", "comment"} {
		require.NoError(t, os.Symlink("/nowhere", filepath.Join(checkout, name)))
	}
	cmd := exec.Command("bash", "-c", checkScript)
	cmd.Dir = checkout
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "KEPT="+dir, "EXIT="+exit, "TMPDIR="+t.TempDir(),
		"CODEBUILD_SRC_DIR="+checkout, "CODEBUILD_SRC_DIR_PROGRAM="+program, "CODEBUILD_RESOLVED_SOURCE_VERSION=c2",
		"REPOSITORY_NAME=platform-config", "PULL_REQUEST="+pullRequest, "DESTINATION_COMMIT=c1")
	output, err := cmd.CombinedOutput()
	if err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError), string(output))
	}
	kept = func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.True(t, err == nil || os.IsNotExist(err), err)
		return string(text)
	}
	require.Equal(t, "-root "+program+" -config "+checkout+"\n", kept("asked"))
	return string(output), cmd.ProcessState.ExitCode(), kept
}

// A branch that does not pass fails the build, which is reported.
func TestTheCheckOfABranch(t *testing.T) {
	for exit, want := range map[string]int{"0": 0, "1": 1} {
		out, code, kept := runCheck(t, "error: x\n", exit, noPullRequest)
		require.Equal(t, want, code, out)
		require.Equal(t, "error: x\n", out)
		require.Empty(t, kept("aws"), "nobody to comment for")
	}
}

// A pull request that does not pass gets a comment; the build itself succeeds.
func TestTheCheckOfAPullRequest(t *testing.T) {
	for exit, want := range map[string]string{"0": "passed", "1": "failed"} {
		out, code, kept := runCheck(t, "error: \u2026 ```\n# a title\n", exit, "7")
		require.Zero(t, code, out)
		require.Equal(t, "codecommit post-comment-for-pull-request --repository-name platform-config --pull-request-id 7 "+
			"--before-commit-id c1 --after-commit-id c2 --content file://comment --output json\n", kept("aws"))
		require.Equal(t, "The check of c2 "+want+".\n```\nerror: \u2026 '''\n# a title\n\n```\n", kept("comment"))
	}
	// CodeCommit takes 10,240 characters.
	out, code, kept := runCheck(t, strings.Repeat("\u2026", 200000), "1", "7")
	require.Zero(t, code, out)
	require.Less(t, len([]rune(kept("comment"))), 9100)
	require.True(t, strings.HasSuffix(kept("comment"), "\u2026\n```\n"))
}
