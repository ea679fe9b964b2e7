package constructs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ec2 stands in for EC2: it applies the filters that it is asked for, and has
// these zones, each with its name, id, type and state.
func ec2(zones ...string) string {
	return fmt.Sprintf(`
		const zones = %q.split(',').filter(Boolean).map((zone) => zone.split('/')).map(([ZoneName, ZoneId, ZoneType, State]) =>
			({ ZoneName, ZoneId, ZoneType: ZoneType || 'availability-zone', State: State || 'available', OptInStatus: 'opt-in-not-required' }));
		const fields = { state: 'State', 'zone-type': 'ZoneType', 'opt-in-status': 'OptInStatus' };
		exports.DescribeAvailabilityZonesCommand = class { constructor(input) { this.input = input; } };
		exports.EC2Client = class {
			async send({ input }) {
				return { AvailabilityZones: zones.filter((zone) => input.Filters.every(({ Name, Values }) => Values.includes(zone[fields[Name]]))) };
			}
		};`, strings.Join(zones, ","))
}

// outage is an EC2 that refuses every request.
const outage = `
	exports.DescribeAvailabilityZonesCommand = class {};
	exports.EC2Client = class { async send() { throw new Error('EC2 was asked'); } };`

func zonesCall(kind, id string, count int) call {
	return call{RequestType: kind, PhysicalResourceID: id, ResourceProperties: map[string]any{"Count": fmt.Sprint(count)}}
}

func TestZonesAreThoseOfEKS(t *testing.T) {
	six := []string{"f/use1-az5", "a/use1-az3", "b/use1-az1", "c/use1-az2", "d/use1-az4", "e/use1-az6", "l/use1-bos1-az1/local-zone", "x/use1-az7//impaired"}
	r := runHandler(t, zonesHandler, "client-ec2", ec2(six...), zonesCall("Create", "", 3))
	require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: "b,c,d", Data: map[string]string{"Zone1": "b", "Zone2": "c", "Zone3": "d"}}, r)
}

// Whatever EC2 says later: another answer would replace subnets.
func TestZonesStay(t *testing.T) {
	for _, c := range []struct {
		ec2, id  string
		count    int
		wantID   string
		wantLast string
	}{
		{outage, "b,c,d", 3, "b,c,d", "d"},
		{outage, "b,c,d", 2, "b,c,d", "c"},
		{ec2("a/1", "b/2"), "b,c", 3, "b,c,a", "a"}, // c is impaired today
		{ec2("a/1", "b/2", "c/3"), "c,b", 3, "c,b,a", "a"},
	} {
		r := runHandler(t, zonesHandler, "client-ec2", c.ec2, zonesCall("Update", c.id, c.count))
		require.Equal(t, "SUCCESS", r.Status, r.Reason)
		require.Equal(t, c.wantID, r.PhysicalResourceID)
		require.Len(t, r.Data, c.count)
		require.Equal(t, c.wantLast, r.Data[fmt.Sprintf("Zone%d", c.count)])
	}
}

func TestTooFewZonesSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		ec2, want string
	}{
		{ec2("a/usw1-az1", "b/usw1-az2", "c/usw1-az3"),
			"xx-test-1 offers this account 2 availability zones that EKS runs in (a, c), wanted are 3: set network.availabilityZoneCount to 2"},
		{ec2("a/usw1-az1"),
			"xx-test-1 offers this account 1 availability zones that EKS runs in (a), wanted are 3: EKS needs 2: choose another Region"},
		{ec2(), "xx-test-1 offers this account 0 availability zones that EKS runs in (none), wanted are 3: EKS needs 2: choose another Region"},
		{outage, "EC2 was asked"},
	} {
		r := runHandler(t, zonesHandler, "client-ec2", c.ec2, zonesCall("Create", "", 3))
		require.Equal(t, reply{Status: "FAILED", Reason: c.want, PhysicalResourceID: "Thing"}, r)
		// CloudFormation deletes what was not made.
		r = runHandler(t, zonesHandler, "client-ec2", outage, zonesCall("Delete", "Thing", 3))
		require.Equal(t, "SUCCESS", r.Status)
	}
}

func TestHandlersWaitForTheirRole(t *testing.T) {
	refusedTwice := ec2("a/1", "b/2") + `
		const send = exports.EC2Client.prototype.send;
		let refused = 0;
		exports.EC2Client.prototype.send = async function (command) {
			if (refused++ < 2) throw Object.assign(new Error('no'), { name: 'UnauthorizedOperation' });
			return send(command);
		};`
	require.Equal(t, "SUCCESS", runHandler(t, zonesHandler, "client-ec2", refusedTwice, zonesCall("Create", "", 2)).Status)
}

// Lambda ends a function without a word: it has to speak before.
func TestHandlersAnswerInTime(t *testing.T) {
	silent := outage + `exports.EC2Client.prototype.send = () => new Promise(() => {});`
	r := runHandler(t, zonesHandler, "client-ec2", silent, zonesCall("Create", "", 2))
	require.Equal(t, reply{Status: "FAILED", Reason: "AWS did not answer in time: deploy again", PhysicalResourceID: "Thing"}, r)
}
