// Package test synthesizes the platform from several settings and reads the
// templates. All of it shares one jsii kernel, which is not goroutine-safe:
// no test is parallel.
package test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

const (
	settingsDir  = "test/testdata/settings"
	snapshotsDir = "test/testdata/snapshots"
)

var update = flag.Bool("update", false, "write the snapshots instead of comparing with them")

// paths are those of main, with a copy of the seeds: what becomes of manifests/
// and app/ is their owner's business, see [TestYourSettings]. The tests run
// where cdk.json is, as the program does.
var paths = stacks.Paths{
	Root:         ".",
	Manifests:    "test/testdata/project/manifests",
	App:          "test/testdata/project/app",
	KubectlLayer: constructs.KubectlLayerZip,
}

// outputs holds the cloud assemblies of this run.
var outputs string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	var err error
	if outputs, err = os.MkdirTemp("", "gitops-eks-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(outputs)
	defer jsii.Close()
	return m.Run()
}

// variants are the names of the settings files, sorted.
func variants(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(settingsDir + "/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	return files
}

// settings parses the settings of a variant.
func settings(t *testing.T, variant string) *config.Platform {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(settingsDir, variant+".json"))
	require.NoError(t, err)
	platform, err := config.Parse(text)
	require.NoError(t, err)
	return platform
}

// edited are the settings of a variant after a change, with new defaults.
func edited(t *testing.T, variant string, edit func(*config.Platform)) *config.Platform {
	t.Helper()
	platform := settings(t, variant)
	edit(platform)
	platform.SetDefaults()
	require.NoError(t, platform.Validate())
	return platform
}

// synthesized has each variant once: a synthesis costs more than all that is
// asked of it.
var synthesized = map[string]*assembly{}

// synth gives the assembly of a variant.
func synth(t *testing.T, variant string) *assembly {
	t.Helper()
	if synthesized[variant] == nil {
		platform := settings(t, variant)
		require.NoError(t, stacks.Check(platform, paths))
		synthesized[variant] = synthesize(t, platform, platform)
		synthesized[variant].variant = variant
	}
	return synthesized[variant]
}

// synthesize defines the stacks in an app of their own, as main does.
func synthesize(t *testing.T, platform, only *config.Platform) *assembly {
	t.Helper()
	return synthesizeFrom(t, paths, platform, only)
}

func synthesizeFrom(t *testing.T, paths stacks.Paths, platform, only *config.Platform) *assembly {
	t.Helper()
	dir, err := os.MkdirTemp(outputs, "")
	require.NoError(t, err)
	app := newApp(t, dir)
	stacks.New(app, platform, only, paths)
	app.Synth(nil)
	return readAssembly(t, platform, dir)
}

// newApp has the context of cdk.json, which only the CDK CLI would read: with
// other feature flags the templates would not be those that are deployed.
func newApp(t *testing.T, dir string) awscdk.App {
	t.Helper()
	context := cdkContext(t)
	delete(context, "platform")
	context["aws:cdk:enable-path-metadata"] = true // the CLI's default
	// The rest saves time and changes no template: assets keep their hashes.
	context["aws:cdk:disable-asset-staging"] = true
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:             jsii.String(dir),
		Context:            &context,
		AnalyticsReporting: jsii.Bool(false),
		TreeMetadata:       jsii.Bool(false),
		StackTraces:        jsii.Bool(false),
	})
}

// cdkContext is the context of cdk.json.
func cdkContext(t *testing.T) map[string]any {
	t.Helper()
	var file struct {
		Context map[string]any `json:"context"`
	}
	readJSON(t, "cdk.json", &file)
	return file.Context
}

func readJSON(t *testing.T, name string, value any) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, value), name)
}

// eachStack runs a test on every stack of every variant whose name ends in
// kind; all stacks when it is empty.
func eachStack(t *testing.T, kind string, test func(t *testing.T, a *assembly, s *template)) {
	t.Helper()
	for _, variant := range variants(t) {
		a := synth(t, variant)
		for _, s := range a.stacks {
			if strings.HasSuffix(s.name, kind) {
				t.Run(variant+"/"+s.name, func(t *testing.T) { test(t, a, s) })
			}
		}
	}
}

// eachApp runs a test on the stack of every app of every variant.
func eachApp(t *testing.T, test func(t *testing.T, a *assembly, s *template, app config.App)) {
	t.Helper()
	for _, variant := range variants(t) {
		a := synth(t, variant)
		for _, app := range a.platform.Apps {
			s := a.stack(t, "app-"+app.Name)
			t.Run(variant+"/"+s.name, func(t *testing.T) { test(t, a, s, app) })
		}
	}
}

// eachEnvironment runs a test on the stack of a kind of every environment of
// every variant.
func eachEnvironment(t *testing.T, kind string, test func(t *testing.T, e *config.Environment, s *template)) {
	t.Helper()
	eachStack(t, "-"+kind, func(t *testing.T, a *assembly, s *template) {
		name := strings.TrimSuffix(s.name, "-"+kind)
		i := slices.IndexFunc(a.platform.Environments, func(e config.Environment) bool { return e.Name == name })
		require.GreaterOrEqual(t, i, 0, "the stack %s is of no environment", s.name)
		test(t, &a.platform.Environments[i], s)
	})
}

// text renders any JSON, keys sorted.
func text(value any) string {
	out, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(out)
}
