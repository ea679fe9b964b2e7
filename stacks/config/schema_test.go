package config

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write platform.schema.json and the settings in README.md anew")

func TestSchemaFile(t *testing.T) {
	file := filepath.Join("..", "..", SchemaFile)
	want, err := SchemaJSON()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(file, want, 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, string(want) == string(got), SchemaFile+" is stale: run go generate ./stacks/config")
}

// resolved is the schema as an editor uses it: read from its text.
func resolved(t testing.TB) *jsonschema.Resolved {
	t.Helper()
	text, err := SchemaJSON()
	require.NoError(t, err)
	var s jsonschema.Schema
	require.NoError(t, json.Unmarshal(text, &s))
	r, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	require.NoError(t, err)
	return r
}

func inCDKJSON(t testing.TB, settings []byte) any {
	t.Helper()
	var platform any
	require.NoError(t, json.Unmarshal(settings, &platform))
	return map[string]any{"app": "go run .", "context": map[string]any{"@aws-cdk/core:x": true, "platform": platform}}
}

func TestSchemaTakesWhatParseTakes(t *testing.T) {
	r := resolved(t)
	require.NoError(t, r.Validate(map[string]any{"app": "go run ."}))
	for _, text := range []string{`{}`, full, isolated} {
		require.NoError(t, r.Validate(inCDKJSON(t, []byte(text))))
		p, err := Parse([]byte(text))
		require.NoError(t, err)
		filled, err := json.Marshal(p)
		require.NoError(t, err)
		require.NoError(t, r.Validate(inCDKJSON(t, filled)))
	}
}

func TestSchemaRefusesWhatOneSettingAloneShows(t *testing.T) {
	r := resolved(t)
	for path, value := range map[string]any{
		"nmae":                    "x",
		"name":                    "My Platform",
		"tags.a":                  1,
		"config.source":           "github",
		"config.url":              "git@github.com:a/b",
		"delivery.account":        111111111111,
		"delivery.alertEmails[0]": "ops",
		"apps":                    []any{},
		"apps[1].name":            nil,
		"apps[0].keepImages":      0,
		"apps[0].platforms[1]":    "linux/amd64",
		"environments[0].network.availabilityZoneCount":       7,
		"environments[0].network.nat":                         "dual",
		"environments[0].kubernetesVersion":                   "1.30",
		"environments[0].compute.nodeGroups[0].min":           3.5,
		"environments[0].compute.nodeGroups[1].architecture":  "x86",
		"environments[0].endpoint.publicCidrs[0]":             "203.0.113.9",
		"environments[0].logRetentionDays":                    10,
		"environments[0].deletionProtection":                  "true",
		"environments[0].admins":                              "me",
		"environments[0].flux.alerts.type":                    "telegram",
		"environments[1].network.privateSubnetIds[0]":         "subnet-1",
		"environments[0].compute.nodeGroups[1].instanceTypes": []any{},
		"github.repository":                                   "acme/*",
		"github.environment":                                  "prod eu",
	} {
		broken := edited(t, full, edit{path, value})
		require.Error(t, r.Validate(inCDKJSON(t, broken)), path)
		_, err := Parse(broken)
		require.Error(t, err, path)
	}
}

func TestSettingsTableHasEverySetting(t *testing.T) {
	table, err := SettingsTable()
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(table), "\n")
	settings(reflect.TypeFor[Platform](), "", func(path string, s reflect.Type) {
		if s.Kind() != reflect.Struct && !strings.HasSuffix(path, "[]") {
			require.Contains(t, table, "| `"+path+"` | ")
		}
	})
	for _, row := range rows {
		cells := strings.Split(strings.ReplaceAll(row, `\|`, ""), "|")
		require.Len(t, cells, 6, row)
		for _, cell := range cells[1:5] {
			require.NotEmpty(t, strings.TrimSpace(cell), row)
		}
	}
	require.Contains(t, table, "| `environments[].network.nat` | `\"single\"` | \"single\", \"per-az\" or \"none\" | NAT gateways.")
	require.Contains(t, table, "| `environments[].name` | required | ")
	require.Contains(t, table, "| `environments[].flux.path` | clusters/ and the environment's name | ")
}
