package stacks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/node"
	"gitops-eks/test/gates/review/change"
)

// worker is shared: loading the specification of CloudFormation takes long.
var worker = &node.Worker{Script: filepath.Join("..", "..", "node", "diff.mjs")}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = worker.Close()
	os.Exit(code)
}

// side is an assembly: stacks with their resources, as JSON texts by logical
// id. A resource's path is stack/id/Resource. Outputs are at the id "Outputs".
type side map[string]map[string]string

func (s side) read(t *testing.T) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	artifacts := map[string]any{}
	for id, resources := range s {
		template := map[string]any{"Resources": map[string]any{}}
		for name, text := range resources {
			var body map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &body), text)
			if name == "Outputs" {
				template["Outputs"] = body
				continue
			}
			body["Metadata"] = map[string]any{"aws:cdk:path": id + "/" + name + "/Resource"}
			template["Resources"].(map[string]any)[name] = body
		}
		write(t, filepath.Join(dir, id+".json"), template)
		artifact := map[string]any{
			"type":       "aws:cloudformation:stack",
			"properties": map[string]any{"templateFile": id + ".json", "stackName": "platform-" + id},
		}
		if id == "dev-cluster" {
			artifact["dependencies"] = []string{"dev-network"}
		}
		artifacts[id] = artifact
	}
	write(t, filepath.Join(dir, "manifest.json"), map[string]any{"artifacts": artifacts})
	a, err := assembly.Read(dir)
	require.NoError(t, err)
	return a
}

func write(t *testing.T, file string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

func compare(t *testing.T, base, head side) change.Result {
	t.Helper()
	r, err := Compare(t.Context(), worker, base.read(t), head.read(t))
	require.NoError(t, err)
	r.Sort()
	return r
}

// one compares two versions of one resource; an empty one is not there. A
// resource beside it keeps the stack from being empty.
func one(t *testing.T, old, head string) change.Result {
	t.Helper()
	stack := func(text string) side {
		s := map[string]string{"Role": `{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[]}}}`}
		if text != "" {
			s["X"] = text
		}
		return side{"dev-network": s}
	}
	return compare(t, stack(old), stack(head))
}

// said are the sentences of a risk.
func said(r change.Risk) string {
	text := r.What
	for _, more := range r.More {
		text += "\n" + more
	}
	return text
}
