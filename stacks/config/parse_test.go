package config

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", " \n", "null", "{}", `{"environments":[{"name":"dev","flux":{"alerts":{}}}]}`} {
		p, err := Parse([]byte(text))
		require.NoError(t, err)
		require.Equal(t, Default(), p)
	}
	p, err := Parse(nil)
	require.NoError(t, err)
	require.Equal(t, &Platform{
		Name:   "platform",
		Config: ConfigRepository{Source: "codecommit"},
		Delivery: Delivery{
			RemovalPolicy: "retain", LogRetentionDays: 90, BuildKitImage: DefaultBuildKitImage,
		},
		Apps: []App{{
			Name:      "hello",
			Source:    AppSource{Type: "codecommit", Branch: "main"},
			Platforms: []ImagePlatform{"linux/amd64"}, ScanThreshold: "high",
		}},
		Environments: []Environment{{
			Name:              "dev",
			Network:           Network{CIDR: "10.0.0.0/16", AvailabilityZoneCount: 3, NAT: "single"},
			KubernetesVersion: "1.36",
			Compute:           Compute{Mode: "auto"},
			Endpoint:          Endpoint{Access: "private"},
			RemovalPolicy:     "destroy", LogRetentionDays: 90,
			Flux: Flux{
				Version: "2.9.4", Size: "small", IntervalSeconds: 60, Branch: "main", Path: "clusters/dev",
				ImageUpdates: "automatic", Alerts: Alerts{Type: "generic", SecretName: "alert-webhook"},
			},
		}},
	}, p)
	reparsed(t, p)
}

func TestDefaultsThatDependOnOthers(t *testing.T) {
	parse := func(edits ...edit) *Platform {
		p, err := Parse(edited(t, `{}`, edits...))
		require.NoError(t, err)
		reparsed(t, p)
		return p
	}
	names := func(names ...string) edit {
		var list []any
		for _, n := range names {
			list = append(list, map[string]any{"name": n})
		}
		return edit{"environments", list}
	}

	three := parse(names("one", "two", "three"))
	require.Equal(t, "10.2.0.0/16", three.Environments[2].Network.CIDR)
	require.Equal(t, "clusters/three", three.Environments[2].Flux.Path)
	require.Equal(t, ImageUpdatesAutomatic, three.Environments[0].Flux.ImageUpdates)
	require.Equal(t, ImageUpdatesPullRequest, three.Environments[2].Flux.ImageUpdates)
	two := parse(names("one", "two"))
	require.Equal(t, two.Environments, three.Environments[:2], "an environment at the end changes no other")

	pinned := parse(names("one", "two"), edit{"environments[0].account", "111111111111"}, edit{"environments[0].region", "eu-west-1"})
	require.Equal(t, "111111111111", pinned.Delivery.Account)
	require.Equal(t, "eu-west-1", pinned.Delivery.Region)

	p, err := Parse([]byte(isolated))
	require.NoError(t, err)
	require.Equal(t, RequiredInterfaceEndpoints(ConfigSourceCodeCommit), p.Environments[0].Network.InterfaceEndpoints)

	p, err = Parse([]byte(full))
	require.NoError(t, err)
	dev, prod := p.Environments[0], p.Environments[1].Network
	require.Equal(t, []string{"m7i.large"}, dev.Compute.NodeGroups[0].InstanceTypes)
	require.Zero(t, dev.Network.AvailabilityZoneCount)
	require.Equal(t, 2, dev.Network.ZoneCount())
	require.Empty(t, prod.CIDR+string(prod.NAT))
	require.Empty(t, prod.InterfaceEndpoints)
	require.True(t, prod.Existing())

	p, err = Parse(edited(t, `{}`, edit{"environments", []any{map[string]any{"name": "dev", "compute": map[string]any{
		"mode": "node-groups", "nodeGroups": []any{map[string]any{"name": "arm", "architecture": "arm64"}},
	}}}}, edit{"apps", []any{map[string]any{"name": "hello", "platforms": []string{"linux/arm64"}}}}))
	require.NoError(t, err)
	require.Equal(t, []NodeGroup{{
		Name: "arm", InstanceTypes: []string{"m7g.large"}, Architecture: "arm64", AMI: "al2023", Min: 2, Max: 4, Desired: 2, DiskGiB: 50,
	}}, p.Environments[0].Compute.NodeGroups)
}

// Whichever of the three numbers is set, the others follow.
func TestNodeNumbersFollowEachOther(t *testing.T) {
	for given, want := range map[[3]int][3]int{ // min, desired, max
		{}:         {2, 2, 4},
		{1, 0, 0}:  {1, 1, 4},
		{6, 0, 0}:  {6, 6, 6},
		{0, 9, 0}:  {2, 9, 9},
		{0, 1, 0}:  {1, 1, 4},
		{0, 0, 1}:  {1, 1, 1},
		{0, 3, 10}: {2, 3, 10},
	} {
		g := NodeGroup{Min: given[0], Desired: given[1], Max: given[2]}
		g.setDefaults()
		require.Equal(t, want, [3]int{g.Min, g.Desired, g.Max}, "given %v", given)
	}
}

func TestTextThatIsNoSettings(t *testing.T) {
	for text, want := range map[string]string{
		`"{\"name\":\"x\"}"`: `platform: "{\"name\":\"x\"}" is not allowed, want an object; write the object into cdk.json, because -c on the command line gives a string`,
		`true`:               `platform: true is not allowed, want an object; change it to an object`,
		`[]`:                 `platform: [] is not allowed, want an object; change it to an object`,
		`{"name":`:           `platform: text that ends too soon is not allowed, want one whole JSON object; close what is open`,
		`{} {}`:              `platform: "{" after the object's end at line 1, column 4 is not allowed, want one object; remove what follows it`,
		"{\n \"a\": tru}":    `platform: "}" at line 2, column 10 is not allowed, want JSON; look there for a missing quote, comma or bracket, or one too many`,
		`{"name":"x",}`:      `platform: "}" at line 1, column 13 is not allowed, want JSON; look there for a missing quote, comma or bracket, or one too many`,
		"{\"a\":\"\xff\"}":   `platform: text that is not UTF-8 is not allowed, want JSON; save the file as UTF-8`,
	} {
		_, err := Parse([]byte(text))
		require.EqualError(t, err, want)
	}
}

func TestWrongTypes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"name": 5}`, `platform.name: 5 is not allowed, want 2 to 20 of a-z, 0-9 and single '-' between them, starting with a letter; put it in quotes`},
		{`{"name": null}`, `platform.name: null is not allowed, want 2 to 20 of a-z, 0-9 and single '-' between them, starting with a letter; give a value, or remove the key`},
		{`{"name": ""}`, `platform.name: "" is not allowed, want 2 to 20 of a-z, 0-9 and single '-' between them, starting with a letter; give a value, or remove the key`},
		{`{"name": ["x"]}`, `platform.name: ["x"] is not allowed, want 2 to 20 of a-z, 0-9 and single '-' between them, starting with a letter; change it to a string`},
		{`{"tags": ["x"]}`, `platform.tags: ["x"] is not allowed, want at most 40 tags; change it to an object`},
		{`{"tags": {"a b": 1}}`, `platform.tags["a b"]: 1 is not allowed, want a string; put it in quotes`},
		{`{"config": "git"}`, `platform.config: "git" is not allowed, want an object; change it to an object`},
		{`{"apps": {"name": "x"}}`, `platform.apps: {"name":"x"} is not allowed, want a list of objects; put it in brackets`},
		{`{"apps": ["hello"]}`, `platform.apps[0]: "hello" is not allowed, want an object; change it to an object`},
		{`{"apps": []}`, `platform.apps: [] is not allowed, want at least one item; give one, or remove the key for the default, [{"name":"hello","source":{"type":"codecommit","branch":"main"},"platforms":["li…`},
		{`{"apps": [{"name": "shop", "keepImages": 3.5}]}`, `platform.apps[0].keepImages: 3.5 is not allowed, want a whole number from 1 to 1000; use a whole number without quotes, fraction or exponent`},
		{`{"apps": [{"name": "shop", "keepImages": "3"}]}`, `platform.apps[0].keepImages: "3" is not allowed, want a whole number from 1 to 1000; remove the quotes`},
		{`{"apps": [{"name": "shop", "keepImages": 0}]}`, `platform.apps[0].keepImages: 0 is not allowed, want a whole number from 1 to 1000; give a value, or remove the key for the default`},
		{`{"apps": [{"name": "shop", "keepImages": 99999999999999999999}]}`, `platform.apps[0].keepImages: 99999999999999999999 is not allowed, want a whole number from 1 to 1000; use a whole number without quotes, fraction or exponent`},
		{`{"environments": [{"name": "dev", "admins": "me"}]}`, `platform.environments[0].admins: "me" is not allowed, want a list of strings; put it in brackets`},
		{`{"environments": [{"name": "dev", "deletionProtection": "true"}]}`, `platform.environments[0].deletionProtection: "true" is not allowed, want true or false; remove the quotes`},
		{`{"environments": [{"name": "dev", "deletionProtection": 1}]}`, `platform.environments[0].deletionProtection: 1 is not allowed, want true or false; use true or false`},
		{`{"environments": [{"name": "dev", "account": 111111111111, "region": "us-east-1"}]}`, `platform.environments[0].account: 111111111111 is not allowed, want an AWS account of 12 digits, in quotes; put it in quotes`},
	} {
		_, err := Parse([]byte(c.text))
		require.EqualError(t, err, c.want)
	}
}

func TestKeys(t *testing.T) {
	for text, want := range map[string]string{
		`{"enviroments": []}`:                    `platform.enviroments: the key "enviroments" is not allowed, want a known key (name, tags, config, delivery, apps, environments, github); rename it to "environments"`,
		`{"Name": "x"}`:                          `platform.Name: the key "Name" is not allowed, want a known key (name, tags, config, delivery, apps, environments, github); rename it to "name"`,
		`{"accounts": []}`:                       `platform.accounts: the key "accounts" is not allowed, want a known key (name, tags, config, delivery, apps, environments, github); remove it`,
		`{"config": {"a\nb": 1}}`:                `platform.config["a\nb"]: the key "a\nb" is not allowed, want a known key (source, url, secretName, provider); remove it`,
		`{"name": "one", "name": "two"}`:         `platform.name: a second "name" is not allowed, want each key once; remove one of the two`,
		`{"tags": {"a": "1", "b": "", "a": ""}}`: `platform.tags.a: a second "a" is not allowed, want each key once; remove one of the two`,
	} {
		_, err := Parse([]byte(text))
		require.EqualError(t, err, want)
	}
}

// An empty list is what it says where the default is empty, too.
func TestEmptyLists(t *testing.T) {
	p, err := Parse([]byte(`{"delivery":{"alertEmails":[]},"environments":[{"name":"dev","admins":[],"network":{"interfaceEndpoints":[]}}]}`))
	require.NoError(t, err)
	require.Equal(t, Default(), p)
	_, err = Parse(edited(t, isolated, edit{"environments[0].network.interfaceEndpoints", []string{}}))
	require.ErrorContains(t, err, "platform.environments[0].network.interfaceEndpoints: [] is not allowed")
}

func TestTenMistakesMakeTenLines(t *testing.T) {
	_, err := Parse([]byte(`{
	  "name": "My Platform",
	  "enviroment": "prod",
	  "delivery": {"logRetentionDays": 10, "alertEmails": ["ops"]},
	  "apps": [{"name": "shop", "keepImages": "many", "source": {"type": "connection", "owner": "acme", "repository": "shop",
	    "connectionArn": "arn:aws:codeconnections:us-east-1:333333333333:connection/0f0e0d0c-1111-2222-3333-444455556666", "paths": "src"}}],
	  "environments": [
	    {"name": "dev", "deletionProtection": "true", "compute": {"mode": "nodegroups", "nodeGroups": [{"name": "main"}]}},
	    {"name": "prod", "network": {"cidr": "10.0.0.0/16"}, "kubernetesVersion": 1.36}
	  ]
	}`))
	require.EqualError(t, err, strings.Join([]string{
		`platform.name: "My Platform" is not allowed, want 2 to 20 of a-z, 0-9 and single '-' between them, starting with a letter; use "my-platform"`,
		`platform.delivery.logRetentionDays: 10 is not allowed, want ` + rules["delivery.logRetentionDays"].want + `; use 14`,
		`platform.delivery.alertEmails[0]: "ops" is not allowed, want an e-mail address without a name; use one like ops@example.com`,
		`platform.apps[0].source.paths: "src" is not allowed, want a list of strings; put it in brackets`,
		`platform.apps[0].keepImages: "many" is not allowed, want a whole number from 1 to 1000; use a whole number without quotes, fraction or exponent`,
		`platform.environments[0].compute.mode: "nodegroups" is not allowed, want "auto" or "node-groups"; use "node-groups"`,
		`platform.environments[0].deletionProtection: "true" is not allowed, want true or false; remove the quotes`,
		`platform.environments[1].network.cidr: "10.0.0.0/16" is not allowed, want a range that no other environment has, and "dev" has "10.0.0.0/16"; use a free one, such as "10.1.0.0/16"`,
		`platform.environments[1].kubernetesVersion: 1.36 is not allowed, want "1.35" or "1.36"; put it in quotes`,
		`platform.enviroment: the key "enviroment" is not allowed, want a known key (name, tags, config, delivery, apps, environments, github); rename it to "environments"`,
	}, "\n"))

	var problems Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 10)
	require.Equal(t, "platform.name", problems[0].Path)
	var one Problem
	require.True(t, errors.As(err, &one))
}

// One wrong value says nothing of those that depend on it.
func TestNoLinesThatFollowFromAnother(t *testing.T) {
	for path, value := range map[string]any{
		"environments[0].account":                         1,
		"environments[0].compute.mode":                    true,
		"environments[0].compute.nodeGroups[0].min":       "1",
		"environments[0].compute.nodeGroups[1].desired":   5000,
		"environments[0].compute.nodeGroups":              "main",
		"environments[0].endpoint.access":                 "publik",
		"environments[0].network.availabilityZones[1]":    7,
		"environments[0].region":                          "useast1",
		"environments[0]":                                 "dev",
		"environments[1].network.vpcId":                   5,
		"environments[1].network.privateSubnetIds":        "subnet-11111111",
		"environments":                                    "dev",
		"config":                                          "git",
		"config.source":                                   "gti",
		"config.url":                                      []string{"https://github.com/a/b"},
		"apps[0].source.type":                             nil,
		"apps[0].source":                                  5,
		"apps[0].platforms":                               "linux/amd64",
		"environments[0].compute.nodeGroups[1]":           nil,
		"environments[0].compute.nodeGroups[1].spot":      "yes",
		"environments[0].compute.nodeGroups[1].minNodes":  1,
		"environments[0].network.interfaceEndpoints[0]":   nil,
		"environments[0].network.interfaceEndpoints.here": true,
	} {
		if value == nil {
			value = json.RawMessage("null")
		}
		_, err := Parse(edited(t, full, edit{path, value}))
		require.Error(t, err, path)
		require.NotContains(t, err.Error(), "\n", path)
	}
}

// What the reader of a pipeline's log must not learn.
func TestSecretsStayOutOfErrors(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{
		`{"config":{"source":"git","url":"https://bot:` + secret + `@github.com/a/b"}}`,
		`{"config":{"source":"git","url":"https://bot:x/` + secret + `@github.com/a/b"}}`,
		`{"config":{"source":"git","url":"https://bot:%zz` + secret + `@github.com/a/b"}}`,
		`{"config":{"source":"git","url":"https://bot:\"` + secret + `@github.com/a/b"}}`,
		`{"config":{"source":"git","url":"bot:` + secret + `@github.com:a/b"}}`,
		`{"config":{"source":"git","url":["https://bot:` + secret + `@github.com/a/b"]}}`,
		`{"config":{"source":"git","password":"` + secret + `","url":"https://github.com/a/b"}}`,
		`{"config":{"source":"git","url":"https://github.com/a/b","secretName":"ghp_` + secret + `"}}`,
		`{"config":{"source":"git","url":"https://github.com/a/b","secretName":"github_pat_` + secret + `"}}`,
		`{"config":{"password":` + secret + `}}`,
		`{"config":{}} ` + secret,
		`"https://bot:` + secret + `@github.com"`,
	} {
		_, err := Parse([]byte(text))
		require.Error(t, err, text)
		require.NotContains(t, err.Error(), secret)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `"x"`, `{`, full, isolated,
		`{"name":"x","name":"y"}`, `{"Name":"x"}`, `{"tags":{"a":"","a b":"\ud800"}}`, `{"apps":[]}`, `{"apps":[null]}`,
		`{"environments":[{"name":"dev","admins":[]},{"name":"prod","network":{"nat":"none"}}]}`,
		`{"environments":[{"name":"dev","compute":{"mode":"node-groups","nodeGroups":[{"name":"ab","min":450}]}}]}`,
		`{"environments":[{"name":"dev","network":{"cidr":"100.64.0.0/18","availabilityZoneCount":6}}]}`,
		`{"delivery":{"account":"111111111111","region":"cn-north-1","logRetentionDays":1e1}}`,
		`{"config":{"source":"git","url":"ssh://git@h/p","secretName":"s"}}`,
		`{"config":{"source":"git","url":"https://[::1]:80/%2e"}}`,
	} {
		f.Add([]byte(seed))
	}
	schema, err := Schema()
	require.NoError(f, err)
	resolved, err := schema.Resolve(nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			var problems Problems
			require.ErrorAs(t, err, &problems)
			for _, problem := range problems {
				line := problem.Error()
				require.NotContains(t, line, "\n")
				require.NotContains(t, line, "json:")
				require.NotEmpty(t, problem.Want)
				require.NotEmpty(t, problem.Fix)
			}
			return
		}
		reparsed(t, p)
		// An editor must not underline what the program takes.
		var doc any
		if json.Unmarshal(data, &doc) == nil && doc != nil {
			require.NoError(t, resolved.Validate(doc))
		}
	})
}
