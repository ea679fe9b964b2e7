package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings calls back for each setting below a type.
func settings(t reflect.Type, above string, each func(path string, t reflect.Type)) {
	for _, key := range keysOf(t) {
		i, _ := fieldIndex(t, key)
		path, field := above+key, t.Field(i).Type
		each(path, field)
		if field.Kind() == reflect.Slice {
			path, field = path+"[]", field.Elem()
			each(path, field)
		}
		if field.Kind() == reflect.Struct {
			settings(field, path+".", each)
		}
	}
}

// A setting without a rule takes anything; a rule without a setting is dead.
func TestEverySettingHasARule(t *testing.T) {
	left := map[string]bool{}
	for path := range rules {
		left[path] = true
	}
	settings(reflect.TypeFor[Platform](), "", func(path string, t2 reflect.Type) {
		delete(left, path)
		if kind := t2.Kind(); kind == reflect.String || kind == reflect.Int {
			require.Contains(t, rules, path)
			require.NotEmpty(t, rules[path].want, path)
		}
	})
	require.Empty(t, left)
}

// What is made of the longest names allowed fits AWS' limits.
func TestLongestNamesFit(t *testing.T) {
	require.LessOrEqual(t, maxName+1+maxEnvironmentName, 100, "EKS cluster")
	require.LessOrEqual(t, maxName+1+maxAppName, 100, "CodeCommit repository")
	require.LessOrEqual(t, maxName+1+maxEnvironmentName+1+maxNodeGroupName, 128, "node group's tag")
	require.LessOrEqual(t, maxName+1+maxAppName, maxRoleName, "IAM role")
	require.LessOrEqual(t, maxName+1+maxEnvironmentName+len("-source-controller-target"), maxRoleName, "IAM role for another account")
	require.LessOrEqual(t, maxName+len("-github-deploy"), 64, "IAM role of a workflow")
	require.LessOrEqual(t, maxAppName, 63, "Kubernetes namespace")
}

func TestRegions(t *testing.T) {
	for region, partition := range map[string]string{
		"us-east-1": "aws", "ap-southeast-7": "aws", "il-central-1": "aws", "cn-northwest-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc", "us-iso-east-1": "",
	} {
		require.Regexp(t, regionName, region)
		require.Equal(t, partition, PartitionOf(region), region)
	}
	for _, no := range []string{"us-east", "us-east-1a", "useast1", "us-east-12", "global", "usa-east-1"} {
		require.NotRegexp(t, regionName, no)
	}
}

// No list suggests one of its own names for another.
func TestRequiredInterfaceEndpoints(t *testing.T) {
	for _, source := range []ConfigSource{ConfigSourceCodeCommit, ConfigSourceGit} {
		services := RequiredInterfaceEndpoints(source)
		require.True(t, slices.IsSorted(services))
		require.Equal(t, source == ConfigSourceCodeCommit, slices.Contains(services, "git-codecommit"))
		for _, s := range services {
			want, fix := checkEndpointName(s)
			require.Empty(t, want, fix)
		}
	}
	for _, s := range moreEndpoints {
		want, fix := checkEndpointName(s)
		require.Empty(t, want, fix)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"name", "environments", "nat"}
	for word, want := range map[string]string{
		"enviroments": "environments", "Environments": "environments", "anme": "name", "names": "name", "ant": "nat",
		"region": "", "": "", "x": "", "environment-names": "", strings.Repeat("e", 1000): "",
	} {
		require.Equal(t, want, nearest(word, known), word)
	}
}
