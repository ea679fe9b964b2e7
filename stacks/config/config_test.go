package config

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// full is a valid object that sets every kind of setting: two environments in
// accounts, one with node groups and a public endpoint, one in an existing VPC.
const full = `{
  "name": "acme",
  "tags": {"team": "platform", "note": ""},
  "config": {"source": "git", "url": "https://git.acme.example/ops/config", "secretName": "git", "provider": "generic"},
  "delivery": {"account": "333333333333", "region": "us-east-1", "alertEmails": ["ops@acme.example"]},
  "apps": [
    {"name": "shop", "platforms": ["linux/amd64", "linux/arm64"], "scanThreshold": "critical", "keepImages": 10, "source": {
      "type": "connection", "connectionArn": "arn:aws:codeconnections:us-east-1:333333333333:connection/0f0e0d0c-1111-2222-3333-444455556666",
      "owner": "acme", "repository": "shop", "branch": "release/1", "paths": ["src/**"]}},
    {"name": "hello"}
  ],
  "environments": [
    {"name": "dev", "account": "111111111111", "region": "us-east-1",
     "network": {"availabilityZones": ["us-east-1a", "us-east-1b"], "nat": "per-az", "interfaceEndpoints": ["ecr.api"]},
     "compute": {"mode": "node-groups", "nodeGroups": [
       {"name": "main", "min": 1, "desired": 2, "max": 3},
       {"name": "arm", "architecture": "arm64", "instanceTypes": ["m7g.large", "c8gn.xlarge"], "spot": true}]},
     "endpoint": {"access": "public", "publicCidrs": ["203.0.113.0/24"]},
     "admins": ["arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123"],
     "viewers": ["arn:aws:iam::444444444444:user/eve"]},
    {"name": "prod", "account": "222222222222", "region": "us-east-1", "deletionProtection": true, "removalPolicy": "retain",
     "network": {"vpcId": "vpc-0123456789abcdef0", "availabilityZones": ["us-east-1a", "us-east-1b"],
       "privateSubnetIds": ["subnet-11111111", "subnet-22222222"], "publicSubnetIds": ["subnet-33333333", "subnet-44444444"]},
     "flux": {"size": "large", "branch": "prod", "path": "clusters/prod", "registryMirror": "mirror.acme.example:5000/ghcr"}}
  ],
  "github": {"repository": "acme@84790634/platform@1304267049", "branch": "trunk", "environment": "prod-deploy"}
}`

// isolated is a valid object with a cluster that has no way to the internet.
const isolated = `{
  "environments": [
    {"name": "dev", "account": "111111111111", "region": "us-east-1", "network": {"nat": "none"},
     "flux": {"registryMirror": "111111111111.dkr.ecr.us-east-1.amazonaws.com/ghcr"}}
  ]
}`

// edit sets one value in a JSON object; a nil value removes the key.
type edit struct {
	path  string
	value any
}

// edited gives a valid object with something changed.
func edited(t testing.TB, base string, edits ...edit) []byte {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal([]byte(base), &doc))
	for _, e := range edits {
		doc = put(doc, strings.FieldsFunc(e.path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }), e.value)
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	return text
}

func put(doc any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if i, err := strconv.Atoi(path[0]); err == nil {
		items, _ := doc.([]any)
		if i == len(items) {
			items = append(items, nil)
		}
		items[i] = put(items[i], path[1:], value)
		return items
	}
	object, ok := doc.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if len(path) == 1 && value == nil {
		delete(object, path[0])
		return object
	}
	object[path[0]] = put(object[path[0]], path[1:], value)
	return object
}

// reparsed checks that what Parse gave means the same when it is written out
// and read again.
func reparsed(t testing.TB, p *Platform) {
	t.Helper()
	require.NoError(t, p.Validate())
	text, err := json.Marshal(p)
	require.NoError(t, err)
	again, err := Parse(text)
	require.NoError(t, err, string(text))
	require.Equal(t, p, again)
}

func TestTheExamplesOfTheseTestsAreValid(t *testing.T) {
	for _, text := range []string{full, isolated} {
		p, err := Parse([]byte(text))
		require.NoError(t, err)
		reparsed(t, p)
	}
}
