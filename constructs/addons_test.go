package constructs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// eks stands in for EKS, which answers page by page.
const eks = `
	const compatible = (clusterVersion, defaultVersion) => ({ clusterVersion, defaultVersion });
	const pages = {
		undefined: { nextToken: 'more', addons: [{ addonVersions: [{ addonVersion: 'v9', compatibilities: [compatible('1.36', false), compatible('1.35', true)] }] }] },
		more: { addons: [{ addonVersions: [{ addonVersion: 'v8', compatibilities: [compatible('1.36', true)] }] }] },
	};
	exports.DescribeAddonVersionsCommand = class { constructor(input) { this.input = input; } };
	exports.EKSClient = class {
		async send({ input }) {
			if (input.addonName !== 'vpc-cni') throw new Error('what is ' + input.addonName);
			return pages[input.nextToken];
		}
	};`

// unreachable is an EKS that refuses every request.
const unreachable = `
	exports.DescribeAddonVersionsCommand = class {};
	exports.EKSClient = class { async send() { throw new Error('EKS was asked'); } };`

func TestAddonVersionIsTheDefault(t *testing.T) {
	ask := func(kind, id, kubernetes, standIn string) reply {
		return runHandler(t, addonHandler, "client-eks", standIn, call{
			RequestType: kind, PhysicalResourceID: id,
			ResourceProperties: map[string]any{"AddonName": "vpc-cni", "KubernetesVersion": kubernetes},
		})
	}
	first := ask("Create", "", "1.35", eks)
	require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: "vpc-cni/1.35/v9", Data: map[string]string{"Version": "v9"}}, first)
	// The same answer, whatever EKS says later, while Kubernetes is the same.
	require.Equal(t, first, ask("Update", first.PhysicalResourceID, "1.35", unreachable))
	// Another version of Kubernetes asks again.
	upgraded := ask("Update", first.PhysicalResourceID, "1.36", eks)
	require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: "vpc-cni/1.36/v8", Data: map[string]string{"Version": "v8"}}, upgraded)
	require.Equal(t, "EKS was asked", ask("Update", first.PhysicalResourceID, "1.36", unreachable).Reason)
	// There is nothing to delete, of a failed creation either.
	require.Equal(t, "SUCCESS", ask("Delete", first.PhysicalResourceID, "1.35", unreachable).Status)

	failed := ask("Create", "", "1.37", eks)
	require.Equal(t, "FAILED", failed.Status)
	require.Equal(t, "EKS has no version of the add-on vpc-cni for Kubernetes 1.37 in xx-test-1: set kubernetesVersion to one that it has", failed.Reason)
}
