
const { EKSClient, DescribeAddonVersionsCommand } = require('@aws-sdk/client-eks');

// The version is remembered in the physical id, and stays while the Kubernetes version does.
// A change of the id makes CloudFormation delete the old one, which is nothing.
async function handle(event) {
  if (event.RequestType === 'Delete') return {};
  const { AddonName, KubernetesVersion } = event.ResourceProperties;
  const asked = `${AddonName}/${KubernetesVersion}/`;
  const known = event.PhysicalResourceId?.startsWith(asked) && event.PhysicalResourceId.slice(asked.length);
  const version = known || await defaultVersion(AddonName, KubernetesVersion);
  return { PhysicalResourceId: asked + version, Data: { Version: version } };
}

async function defaultVersion(addonName, kubernetesVersion) {
  const eks = new EKSClient();
  let nextToken;
  do {
    const page = await eks.send(new DescribeAddonVersionsCommand({ addonName, kubernetesVersion, nextToken }));
    for (const { addonVersion, compatibilities } of page.addons.flatMap((addon) => addon.addonVersions)) {
      const fits = (one) => one.clusterVersion === kubernetesVersion && one.defaultVersion;
      if (compatibilities.some(fits)) return addonVersion;
    }
    nextToken = page.nextToken;
  } while (nextToken);
  throw new Error(`EKS has no version of the add-on ${addonName} for Kubernetes ${kubernetesVersion} in ` +
    `${process.env.AWS_REGION}: set kubernetesVersion to one that it has`);
}
