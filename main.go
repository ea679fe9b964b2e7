// The program defines the platform's stacks from the settings in cdk.json.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"gitops-eks/constructs"
	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

// paths are relative to the folder of cdk.json, where the CDK runs the program.
var paths = stacks.Paths{
	Root:         ".",
	Manifests:    "manifests",
	App:          "app",
	KubectlLayer: constructs.KubectlLayerZip,
}

func main() {
	err := run()
	if err != nil {
		// Before the runtime closes: what it then says, now and then, has no end of line.
		fmt.Fprintln(os.Stderr, err)
	}
	jsii.Close()
	if err != nil {
		os.Exit(1)
	}
}

func run() error {
	app := awscdk.NewApp(nil)
	platform, only, err := settings(app)
	if err != nil {
		return err
	}
	if err := stacks.Check(platform, paths); err != nil {
		return err
	}
	stacks.New(app, platform, only, paths)
	app.Synth(nil)
	return nil
}

// settings are all of them, and those narrowed by `-c env=NAME`.
func settings(app awscdk.App) (platform, only *config.Platform, err error) {
	var text []byte
	if value := app.Node().TryGetContext(jsii.String("platform")); value != nil {
		if text, err = json.Marshal(value); err != nil {
			return nil, nil, fmt.Errorf("read the context key platform: %w", err)
		}
	}
	if platform, err = config.Parse(text); err != nil {
		return nil, nil, err
	}
	env, ok := app.Node().TryGetContext(jsii.String("env")).(string)
	if only, err = platform.Select(env); err != nil || ok {
		return platform, only, err
	}
	return platform, platform, nil
}
