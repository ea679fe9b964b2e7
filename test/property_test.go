package test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

// The draws are the same each time, so that a change of something else does not
// find an old fault; -draw=0 takes others, and says which.
var drawFrom = flag.Uint64("draw", 1, "seed of the settings and props that are drawn; 0 for the time")

var drawTime = flag.Duration("drawtime", 8*time.Second, "how long settings are drawn, and then props")

func newDraw(t *testing.T) *draw {
	seed := *drawFrom
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("drawn with -draw=%d", seed)
	return &draw{rand.New(rand.NewPCG(seed, 0))}
}

// draw makes values at random.
type draw struct{ *rand.Rand }

func (d *draw) chance(percent int) bool { return d.IntN(100) < percent }

// one of some values.
func one[T any](d *draw, values ...T) T { return values[d.IntN(len(values))] }

// schema is what is read of platform.schema.json.
type schema struct {
	Type       string
	Properties map[string]*schema
	Items      *schema
	Enum       []any
	Pattern    string
	Minimum    int
	Maximum    int
	MaxLength  int
}

// samples are values where hardly anything that a pattern makes is one.
var samples = map[string][]string{
	"account": {"111111111111", "222222222222"}, "region": {"us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "mars-1"},
	"availabilityZones":  {"us-east-1a", "us-east-1b", "us-east-1c", "eu-west-1a", "eu-west-1b"},
	"cidr":               {"10.9.0.0/16", "172.20.0.0/18", "192.168.0.0/16", "10.8.0.0/17"},
	"publicCidrs":        {"203.0.113.0/24", "198.51.100.7/32", "8.8.8.8/32"},
	"interfaceEndpoints": {"ecr.api", "ecr.dkr", "sts", "ec2", "kinesis-firehose", "bedrock-runtime", "a.b.c", "s3express"},
	"instanceTypes": {
		"m7i.large", "t3.medium", "g5.xlarge", "p6-b200.48xlarge", "u7i-12tb.224xlarge", "inf2.xlarge", "trn1.2xlarge", "m7g.large",
		"g5g.xlarge", "foo.bar", "c7gd.metal", "t3.nano", "p6e-gb200.36xlarge",
	},
	"admins": {"arn:aws:iam::111111111111:role/a/b", "arn:aws:iam::111111111111:role/a-b", "arn:aws:iam::111111111111:user/x=,.@_+y"},
	"name":   {"web", "web-template", "sixteen-letters1", "twenty-characters-xx", "hello", "platform", "base", "ab"},
}

// text is a text of a pattern.
func (d *draw) text(re *syntax.Regexp) string {
	repeat := func(least, most int) (all string) {
		if most < 0 {
			most = least + 8
		}
		for range least + d.IntN(most-least+1) {
			all += d.text(re.Sub[0])
		}
		return all
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := d.IntN(len(re.Rune)/2) * 2
		return string(re.Rune[i] + d.Int32N(min(re.Rune[i+1], re.Rune[i]+90)-re.Rune[i]+1))
	case syntax.OpCapture:
		return d.text(re.Sub[0])
	case syntax.OpConcat:
		all := ""
		for _, sub := range re.Sub {
			all += d.text(sub)
		}
		return all
	case syntax.OpAlternate:
		return d.text(one(d, re.Sub...))
	case syntax.OpStar:
		return repeat(0, -1)
	case syntax.OpPlus:
		return repeat(1, -1)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(re.Min, re.Max)
	}
	return ""
}

// value is what a schema takes; old is what is there, to be changed in part.
func (d *draw) value(t *testing.T, s *schema, name string, old any) any {
	t.Helper()
	switch {
	case len(s.Enum) > 0:
		return one(d, s.Enum...)
	case name == "tags":
		return map[string]any{one(d, "Team", "team", "cost center", "Name", "name", "été"): one(d, "x", "", "a/b=c")}
	case s.Type == "object":
		object, _ := old.(map[string]any)
		if object == nil {
			object = map[string]any{}
		}
		keys := make([]string, 0, len(s.Properties))
		for key := range s.Properties {
			keys = append(keys, key)
		}
		slices.Sort(keys) // or the draws would differ
		for _, key := range keys {
			_, there := object[key]
			switch nested := s.Properties[key].Type == "object" || s.Properties[key].Type == "array"; {
			case there && nested || d.chance(10):
				object[key] = d.value(t, s.Properties[key], key, object[key])
			case there && d.chance(3):
				delete(object, key)
			}
		}
		return object
	case s.Type == "array":
		items, _ := old.([]any)
		for i := range items {
			if s.Items.Type == "object" {
				items[i] = d.value(t, s.Items, name, items[i])
			}
		}
		if len(items) == 0 || d.chance(8) {
			items = append(items, d.value(t, s.Items, name, nil))
		}
		return items
	case s.Type == "integer":
		return one(d, s.Minimum, s.Maximum, s.Minimum+d.IntN(s.Maximum-s.Minimum+1))
	case s.Type == "boolean":
		return d.chance(50)
	}
	if values := samples[name]; values != nil && d.chance(80) {
		return one(d, values...)
	}
	re, err := syntax.Parse(s.Pattern, syntax.Perl)
	require.NoError(t, err, name)
	drawn := d.text(re)
	if s.MaxLength > 0 && len(drawn) > s.MaxLength {
		return drawn[:s.MaxLength]
	}
	return drawn
}

// explained wants what went wrong in words of this program: a stack trace of the
// CDK says nothing of a setting.
func explained(t *testing.T, about any, prefix string, do func()) {
	t.Helper()
	defer func() {
		if problem := recover(); problem != nil {
			require.True(t, prefix != "" && strings.HasPrefix(fmt.Sprint(problem), prefix), "%s\nend in %v", text(about), problem)
		}
	}()
	do()
}

// Whatever the settings are, they are refused with lines, or make stacks.
func TestNoSettingsEndInAStackTrace(t *testing.T) {
	var file struct {
		Properties struct {
			Context struct{ Properties map[string]*schema }
		}
	}
	readJSON(t, "platform.schema.json", &file)
	root := file.Properties.Context.Properties["platform"]
	d, refused, made := newDraw(t), 0, 0
	for end := time.Now().Add(*drawTime); time.Now().Before(end); {
		var base any
		readJSON(t, filepath.Join(settingsDir, one(d, variants(t)...)+".json"), &base)
		platform, err := json.Marshal(d.value(t, root, "", base))
		require.NoError(t, err)
		var parsed *config.Platform
		explained(t, json.RawMessage(platform), "", func() { parsed, err = config.Parse(platform) })
		if err != nil {
			require.NotContains(t, err.Error(), "goroutine", string(platform))
			refused++
			continue
		}
		explained(t, json.RawMessage(platform), "", func() {
			app := newApp(t, t.TempDir())
			stacks.New(app, parsed, parsed, paths)
			app.Synth(nil)
		})
		made++
	}
	t.Logf("%d settings were refused, %d made stacks", refused, made)
	require.Positive(t, made)
}

// Constructs used alone refuse props with the construct's path, or are made.
func TestNoPropsEndInAStackTrace(t *testing.T) {
	d, made := newDraw(t), 0
	logs := constructs.Logs{RetentionDays: 30, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}
	number := func() int { return one(d, -1, 0, 1, 2, 3, 20, 450) }
	texts := func(values ...string) (all []string) {
		for range d.IntN(4) {
			all = append(all, one(d, values...))
		}
		return all
	}
	for end := time.Now().Add(*drawTime); time.Now().Before(end); made++ {
		stack := awscdk.NewStack(newApp(t, t.TempDir()), jsii.String("Stack"), nil)
		vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), nil)
		var groups []constructs.NodeGroupProps
		for range d.IntN(3) {
			groups = append(groups, constructs.NodeGroupProps{
				Name: one(d, "", "web", "web-template", "main"), InstanceTypes: texts(samples["instanceTypes"]...),
				ARM64: d.chance(30), Bottlerocket: d.chance(30), Min: number(), Desired: number(), Max: number(), DiskGiB: number(), Spot: d.chance(50),
			})
		}
		cluster := &constructs.ClusterProps{
			Name: one(d, "", "a", "web"), Version: one(d, "", "1.36", "1.36", "x"), Vpc: vpc, Private: &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
			NodeGroups: groups, PublicCIDRs: texts("0.0.0.0/0", "203.0.113.0/24", "x"), Admins: texts(samples["admins"]...), Logs: logs, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}
		explained(t, cluster.NodeGroups, "Stack/It: ", func() { constructs.NewCluster(stack, "It", cluster) })
		network := &constructs.NetworkProps{
			CIDR: one(d, "", "10.0.0.0/16"), PrivateMask: 19, PublicMask: 24, ZoneCount: d.IntN(5), NATGateways: number(),
			InterfaceEndpoints: texts("ecr.api", "sts", "eks-auth"), Logs: logs,
		}
		explained(t, network, "Stack/Network: ", func() { constructs.NewNetwork(stack, "Network", network) })
		registry := &constructs.RegistryProps{Name: one(d, "", "a/b", "A", "a"), KeepImages: number(), PullAccounts: texts("111111111111", "x")}
		explained(t, registry, "Stack/Registry: ", func() { constructs.NewRegistry(stack, "Registry", registry) })
		key := constructs.NewKey(stack, "Key", "key", "drawn", logs.RemovalPolicy)
		images := constructs.NewRegistry(stack, "Images", &constructs.RegistryProps{Name: "a/b", KeepImages: 1, Key: key})
		artifacts := constructs.NewArtifacts(stack, "Artifacts", key, logs.RemovalPolicy)
		alerts := constructs.NewAlerts(stack, "Alerts", &constructs.AlertsProps{Key: key})
		pipeline := &constructs.PipelineProps{
			Name: "p", Registry: images, Artifacts: artifacts, Key: key, Alerts: alerts, Logs: logs, BuildKitImage: "buildkit",
			Platforms:     texts("linux/amd64", "linux/arm64", "linux/arm64/v8", "", "windows/amd64"),
			ScanThreshold: "high", Source: constructs.Source{Branch: one(d, "", "main"), ConnectionARN: one(d, "", "arn"), Owner: one(d, "", "o"), Name: "r"},
		}
		explained(t, pipeline, "Stack/Pipeline: ", func() { constructs.NewPipeline(stack, "Pipeline", pipeline) })
	}
	t.Logf("%d times each construct", made)
}
