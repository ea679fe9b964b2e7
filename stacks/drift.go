package stacks

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"gitops-eks/stacks/config"
	"gitops-eks/stacks/seed"
)

// warnOfDrift adds a warning for each app that only one of the settings and the
// seed has. `cdk synth` and `cdk deploy` print them and go on.
func warnOfDrift(stack awscdk.Stack, platform *config.Platform, manifests string) {
	if platform.Config.Source != config.ConfigSourceCodeCommit {
		return
	}
	apps := make([]string, len(platform.Apps))
	for i, app := range platform.Apps {
		apps[i] = app.Name
	}
	warnings, err := seed.Drift(os.DirFS(manifests), apps)
	if err != nil {
		panic(fmt.Errorf("read the seed of the config repository: %w", err))
	}
	for i, warning := range warnings {
		awscdk.Annotations_Of(stack).AddWarningV2(jsii.Sprintf("gitops-eks:appDrift%d", i+1), jsii.String(warning))
	}
}
