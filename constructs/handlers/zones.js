
const { EC2Client, DescribeAvailabilityZonesCommand } = require('@aws-sdk/client-ec2');

// EKS has no control plane in these. Zones are known by id: their names differ from account to account.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
const withoutControlPlane = ['use1-az3', 'usw1-az2', 'cac1-az3'];

// The zones are remembered in the physical id, and stay whatever EC2 says later: another answer would
// replace subnets. More are appended. A change of the id makes CloudFormation delete the old one, which is nothing.
async function handle(event) {
  if (event.RequestType === 'Delete') return {};
  const count = Number(event.ResourceProperties.Count);
  const zones = event.RequestType === 'Update' ? event.PhysicalResourceId.split(',') : [];
  if (zones.length < count) zones.push(...await others(zones, count));
  const data = zones.slice(0, count).map((zone, i) => [`Zone${i + 1}`, zone]);
  return { PhysicalResourceId: zones.join(','), Data: Object.fromEntries(data) };
}

async function others(zones, count) {
  const answer = await new EC2Client().send(new DescribeAvailabilityZonesCommand({
    Filters: [
      { Name: 'state', Values: ['available'] },
      { Name: 'zone-type', Values: ['availability-zone'] },
      { Name: 'opt-in-status', Values: ['opt-in-not-required', 'opted-in'] },
    ],
  }));
  const more = answer.AvailabilityZones
    .filter((zone) => !withoutControlPlane.includes(zone.ZoneId) && !zones.includes(zone.ZoneName))
    .map((zone) => zone.ZoneName).sort();
  const offered = [...zones, ...more];
  if (offered.length < count) {
    const fix = offered.length < 2 ? 'EKS needs 2: choose another Region'
      : `set network.availabilityZoneCount to ${offered.length}`;
    throw new Error(`${process.env.AWS_REGION} offers this account ${offered.length} availability zones that ` +
      `EKS runs in (${offered.join(', ') || 'none'}), wanted are ${count}: ${fix}`);
  }
  return more.slice(0, count - zones.length);
}
