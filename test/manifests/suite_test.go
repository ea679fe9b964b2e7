package manifests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seed is a copy of manifests/ as this project ships it: what becomes of that
// folder is its owner's business, see [TestYourManifests].
const seed = "../testdata/project/manifests"

func open(t *testing.T) *Tree {
	t.Helper()
	tree, err := NewTree(seed)
	require.NoError(t, err)
	return tree
}

// edit is one change to a file: old is replaced by new; an empty old appends.
type edit struct{ file, old, new string }

// edited returns the seed with edits.
func edited(t *testing.T, edits ...edit) *Tree {
	t.Helper()
	tree := open(t)
	for _, e := range edits {
		content, exists := tree.Files[e.file]
		if e.old == "" {
			tree.Files[e.file] = content + e.new
			continue
		}
		require.True(t, exists && strings.Contains(content, e.old), "the edit no longer fits %s", e.file)
		tree.Files[e.file] = strings.Replace(content, e.old, e.new, 1)
	}
	return tree
}

// publicIngress is how the README says to opt in.
var publicIngress = []edit{
	{"tenants/kustomization.yaml", "", "components:\n  - components/public-ingress\n"},
	{"apps/dev/hello/kustomization.yaml", "", "components:\n  - ../../components/public-ingress\n"},
}

// find returns the one object with the id.
func find(t *testing.T, e *Environment, id string) Object {
	t.Helper()
	for _, object := range e.Objects() {
		if object.ID() == id {
			return object
		}
	}
	require.Fail(t, "no "+id)
	return Object{}
}

func load(t *testing.T, tree *Tree, environment string) *Environment {
	t.Helper()
	e, err := tree.Load(NewCluster(environment))
	require.NoError(t, err)
	return e
}

// text is the problems, one line each.
func text(problems []Problem) string {
	lines := make([]string, 0, len(problems))
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}
