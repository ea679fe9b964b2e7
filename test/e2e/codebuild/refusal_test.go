package codebuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/codebuild/docker"
)

// What the stand-ins do not know is an error, never left out.
func TestTheUnknownIsAnError(t *testing.T) {
	for _, test := range []struct{ name, old, changed, says string }{
		{"a function", `"Fn::Select"`, `"Fn::FindInMap"`, "Fn::FindInMap: the stand-in for CodeBuild does not know this function"},
		{"a pseudo parameter", `"Ref": "AWS::URLSuffix"`, `"Ref": "AWS::NotificationARNs"`, "no known pseudo parameter AWS::NotificationARNs"},
		{"an attribute", `"Images2D38C313",`, `"DeliveryBuildRole8039E751",`, "no value for [DeliveryBuildRole8039E751 Arn]"},
		{"a kind of variable", `"PLAINTEXT"`, `"SECRETS_MANAGER"`, `is of type "SECRETS_MANAGER", the stand-in knows PLAINTEXT only`},
		{"a phase", `\"phases\": {\n`, `\"phases\": {\"post_build\": {},\n`, `unknown field "post_build"`},
		{"a shell", `\"shell\": \"bash\"`, `\"shell\": \"sh\"`, `env.shell is "sh"`},
		{"a setting of the action", `"ProjectName"`, `"BatchEnabled": "true", "ProjectName"`, "does not know the setting BatchEnabled"},
		{"a kind of action", `"Provider": "CodeBuild"`, `"Provider": "Lambda"`, "does not know the provider Lambda"},
		{"a mutability", `"IMMUTABLE_WITH_EXCLUSION"`, `"SOMETIMES"`, "does not know the mutability SOMETIMES"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(edited(t, test.old, test.changed), Values{})
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestAVariableOfNoActionIsAnError(t *testing.T) {
	d, err := Read(edited(t, "#{Source_Commit_NS.CommitId}", "#{Source_Commit_NS.Author}"), Values{})
	require.NoError(t, err)
	_, err = d.Pipelines[0].actions[0].environment(map[string]string{"Source_Commit_NS.CommitId": commit})
	require.ErrorContains(t, err, "variable REVISION: no action before this one gives #{Source_Commit_NS.Author}")
}

// CodeBuild's shell is one for all commands, and ends at the first that fails.
func TestCommandsShareAShellAndEndAtTheFirstFailure(t *testing.T) {
	m := start(t, "default", docker.Go)
	require.NoError(t, m.writeSettings())
	code := Code{Dir: t.TempDir(), Commit: commit}
	run := func(exported []string, commands ...string) (map[string]string, error) {
		return m.build(t.Context(), &action{name: "Test", project: &project{commands: commands, exported: exported}}, code, nil)
	}
	values, err := run([]string{"X"}, "Y=one", `export X="$Y two"`)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"X": "one two"}, values)

	_, err = run(nil, "(\nset -e\nfalse\necho not here\n)", "echo nor here")
	require.ErrorContains(t, err, "command 1 of 2 failed")
	require.NotContains(t, err.Error(), "here")

	_, err = run([]string{"X"}, "true")
	require.ErrorContains(t, err, "X: is exported by the buildspec and not set")

	// Nothing of the user's environment reaches a build.
	t.Setenv("AWS_PROFILE", "mine")
	_, err = run(nil, "set -u", `echo "$AWS_PROFILE"`)
	require.ErrorContains(t, err, "AWS_PROFILE: unbound variable")
}

func TestJqIsNeeded(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bash"), nil, 0o700))
	t.Setenv("PATH", dir)
	_, err := New(t.Context(), Options{})
	require.ErrorContains(t, err, "the builds need jq, which CodeBuild's image has: install it")
	require.NotContains(t, err.Error(), "bash")
}

// A new repository is made of the asset that its template names.
func TestTheSeedIsAnAssetOfTheAssembly(t *testing.T) {
	file := edited(t, "ASSET.zip", "0123.zip")
	assets := `{"files": {"0123": {"source": {"path": "asset.0123"}, "destinations": {"current": {"objectKey": "0123.zip"}}}}}`
	path := filepath.Join(filepath.Dir(file), "app-hello.assets.json")
	require.NoError(t, os.WriteFile(path, []byte(assets), 0o600))
	d, err := Read(file, Values{})
	require.NoError(t, err)
	seed, err := d.Seed("platform-hello")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(filepath.Dir(file), "asset.0123"), seed)
	_, err = d.Seed("platform-other")
	require.EqualError(t, err, "the repository platform-other starts empty")
	require.NoError(t, os.WriteFile(path, []byte(`{}`), 0o600))
	_, err = d.Seed("platform-hello")
	require.ErrorContains(t, err, "has no asset 0123.zip, the seed of platform-hello")
}
