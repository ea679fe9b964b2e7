package test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tenMistakes are settings with ten different mistakes, and where each is.
const tenMistakes = `{
  "nam": "acme",
  "name": "Acme Platform",
  "tags": {"aws:owner": "me"},
  "delivery": {"account": 333333333333},
  "apps": [{"name": "x"}],
  "environments": [{
    "name": "dev",
    "region": "us-east-1",
    "kubernetesVersion": "1.20",
    "logRetentionDays": 2,
    "flux": {"size": "huge", "branch": "refs/heads/main"}
  }]
}`

var tenPlaces = []string{
	"platform.name: ",
	"platform.tags[\"aws:owner\"]: ",
	"platform.delivery.account: ",
	"platform.apps[0].name: ",
	"platform.environments[0].account: ",
	"platform.environments[0].kubernetesVersion: ",
	"platform.environments[0].logRetentionDays: ",
	"platform.environments[0].flux.size: ",
	"platform.environments[0].flux.branch: ",
	"platform.nam: ",
}

// runProgram runs the program as the CDK CLI does, with a context, and gives
// what it says on stderr.
func runProgram(t *testing.T, context string) (stderr []string, exitCode int) {
	t.Helper()
	require.FileExists(t, "main.go") // so that `go test` forgets its cached result when the file changes
	var out strings.Builder
	program := exec.Command("go", "run", ".")
	program.Env = append(os.Environ(), "CDK_CONTEXT_JSON="+context, "CDK_OUTDIR="+t.TempDir())
	program.Stderr = &out
	if err := program.Run(); err != nil {
		var exit *exec.ExitError
		require.True(t, errors.As(err, &exit), err)
		exitCode = exit.ExitCode()
	}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "exit status "): // said by `go run`
		case strings.HasPrefix(line, "!!"): // jsii about the version of Node.js
		case strings.HasPrefix(line, "Runtime process exited abnormally: "): // jsii, now and then, while it closes
		default:
			stderr = append(stderr, line)
		}
	}
	return stderr, exitCode
}

// Ten mistakes are ten lines, each with its place, and no stack trace.
func TestProgramReportsMistakesInALineEach(t *testing.T) {
	lines, exitCode := runProgram(t, `{"platform": `+tenMistakes+`}`)
	require.Equal(t, 1, exitCode)
	require.Len(t, lines, len(tenPlaces), strings.Join(lines, "\n"))
	for i, place := range tenPlaces {
		require.True(t, strings.HasPrefix(lines[i], place), "%s\nshould begin with %s", lines[i], place)
		require.Contains(t, lines[i], ", want ", "it says what is allowed")
		require.Contains(t, lines[i], "; ", "it says how to mend it")
	}
}
