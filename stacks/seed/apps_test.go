package seed

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDriftIsTold(t *testing.T) {
	manifests := os.DirFS("../../test/testdata/project/manifests")
	for _, c := range []struct{ apps, want []string }{
		{[]string{"hello"}, nil},
		{[]string{"hello", "shop"}, []string{
			"the app shop has a pipeline, and no cluster runs it: add it to manifests/ and to the config repository, " +
				"as manifests/README.md says, or remove it from apps in the settings"}},
		// Who writes the first app into apps loses the default one.
		{[]string{"shop"}, []string{
			"the app shop has a pipeline, and no cluster runs it: add it to manifests/ and to the config repository, " +
				"as manifests/README.md says, or remove it from apps in the settings",
			`manifests/apps/dev/hello/kustomization.yaml names the image of hello, which has no registry and no pipeline: ` +
				`add {"name": "hello"} to apps in the settings, or remove it from manifests/ and from the config repository`}},
	} {
		got, err := Drift(manifests, c.apps)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	// Image automation for an app alone deploys nothing.
	got, err := Drift(files(map[string]string{"infrastructure/image-automation/shop.yaml": "image: ${image_prefix}/shop"}), []string{"shop"})
	require.NoError(t, err)
	require.Len(t, got, 1)
}
