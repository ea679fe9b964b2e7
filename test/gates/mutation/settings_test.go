package mutation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// settingsFaults never become an assembly: the program refuses them, and says
// which setting is wrong.
var settingsFaults = map[string]struct{ settings, says string }{
	"a misspelt key":                        {`{"environment": []}`, "platform.environment:"},
	"a number as a text":                    {`{"delivery": {"logRetentionDays": "90"}}`, "platform.delivery.logRetentionDays"},
	"a Kubernetes version out of support":   {`{"environments": [{"name": "dev", "kubernetesVersion": "1.29"}]}`, "platform.environments[0].kubernetesVersion"},
	"environments that overlap":             {`{"environments": [{"name": "dev", "network": {"cidr": "10.0.0.0/16"}}, {"name": "prod", "network": {"cidr": "10.0.128.0/17"}}]}`, "platform.environments[1].network.cidr"},
	"the world may reach the API":           {`{"environments": [{"name": "dev", "endpoint": {"access": "public", "publicCidrs": ["0.0.0.0/0"]}}]}`, "platform.environments[0].endpoint.publicCidrs"},
	"an instance of the other architecture": {`{"environments": [{"name": "dev", "compute": {"mode": "node-groups", "nodeGroups": [{"name": "main", "architecture": "arm64", "instanceTypes": ["m7i.large"]}]}}]}`, "platform.environments[0].compute.nodeGroups[0].instanceTypes"},
	"more wanted than allowed":              {`{"environments": [{"name": "dev", "compute": {"mode": "node-groups", "nodeGroups": [{"name": "main", "desired": 5, "max": 3}]}}]}`, "platform.environments[0].compute.nodeGroups[0]"},
	"a branch of spaces":                    {`{"environments": [{"name": "dev", "flux": {"branch": "my branch"}}]}`, "platform.environments[0].flux.branch"},
	"a repository by its URL":               {`{"github": {"repository": "https://github.com/acme/platform"}}`, "platform.github.repository"},
}

func TestSettings(t *testing.T) {
	var refused int
	for name, f := range settingsFaults {
		if t.Run(name, func(t *testing.T) {
			_, err := config.Parse([]byte(f.settings))
			require.ErrorContains(t, err, f.says)
		}) {
			refused++
		}
	}
	t.Logf("settings     %3d of %3d", refused, len(settingsFaults))
}
