package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
)

// The scripts of the builds. They are files of their own so that shellcheck and
// editors read them as shell.
var (
	//go:embed scripts/login.sh
	loginScript string
	//go:embed scripts/build.sh
	buildScript string
	//go:embed scripts/scan.sh
	scanScript string
	//go:embed scripts/release.sh
	releaseScript string
)

// digestVariable hands the digest of a platform's image to the release.
const digestVariable = "IMAGE_DIGEST"

// buildSpec runs scripts one after the other, each in a shell of its own so
// that `set -e` ends the script and not CodeBuild's own shell. exported are
// the environment variables that later actions of the pipeline read.
func buildSpec(exported []string, commands ...string) awscodebuild.BuildSpec {
	env := map[string]any{"shell": "bash"}
	if len(exported) > 0 {
		env["exported-variables"] = exported
	}
	return awscodebuild.BuildSpec_FromObject(&map[string]any{
		"version": "0.2",
		"env":     env,
		"phases":  map[string]any{"build": map[string]any{"commands": commands}},
	})
}

func script(text string) string { return "(\n" + text + ")" }

// buildAndRelease builds for the only platform, scans and releases.
func buildAndRelease() awscodebuild.BuildSpec {
	return buildSpec(nil, script(loginScript), script(buildScript), script(scanScript), script(releaseScript))
}

// buildOnly builds and scans for one of several platforms.
func buildOnly() awscodebuild.BuildSpec {
	return buildSpec([]string{digestVariable}, script(loginScript), script(buildScript), script(scanScript),
		"export "+digestVariable+`="$(cat image.digest)"`)
}

// releaseOnly joins the images of several platforms.
func releaseOnly() awscodebuild.BuildSpec {
	return buildSpec(nil, script(loginScript), script(releaseScript))
}
