package test

import (
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
)

// newStack is an empty stack, which a construct that does not make sense never
// gets into.
func newStack(t *testing.T) awscdk.Stack {
	t.Helper()
	return awscdk.NewStack(newApp(t, t.TempDir()), jsii.String("Stack"), nil)
}

// Each case is a mistake of who uses the constructs in a program of their own.
// The message begins with the construct's path and says what is allowed.
func TestConstructsRefuseMistakes(t *testing.T) {
	stack := newStack(t)
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a", "b"),
	})
	private := &awsec2.SubnetSelection{SubnetGroupName: jsii.String("Private")}
	logs := constructs.Logs{RetentionDays: 30, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}

	chart := func(edit func(*constructs.ChartProps)) func() {
		props := &constructs.ChartProps{Repository: "oci://ghcr.io/a/chart", Version: "1.2.3", Release: "r", Namespace: "n"}
		edit(props)
		return func() { constructs.NewChart(stack, "It", props) }
	}
	ready := func(edit func(*constructs.ReadyProps)) func() {
		props := &constructs.ReadyProps{Resource: "things.example.com", Namespace: "n", Name: "a", Revision: "1", Reason: "Done", Timeout: time.Minute}
		edit(props)
		return func() { constructs.NewReady(stack, "It", props) }
	}
	cluster := func(edit func(*constructs.ClusterProps)) func() {
		props := &constructs.ClusterProps{Name: "a", Version: "1.36", Vpc: vpc, Private: private, Logs: logs, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}
		edit(props)
		return func() { constructs.NewCluster(stack, "It", props) }
	}
	nodes := func(edit func(*constructs.NodeGroupProps)) func() {
		group := constructs.NodeGroupProps{Name: "g", InstanceTypes: []string{"m7i.large"}, Min: 1, Desired: 1, Max: 2, DiskGiB: 20}
		edit(&group)
		return cluster(func(p *constructs.ClusterProps) { p.NodeGroups = []constructs.NodeGroupProps{group} })
	}
	network := func(edit func(*constructs.NetworkProps)) func() {
		props := &constructs.NetworkProps{CIDR: "10.0.0.0/16", PrivateMask: 19, PublicMask: 24, ZoneCount: 3, Logs: logs}
		edit(props)
		return func() { constructs.NewNetwork(stack, "It", props) }
	}
	pipeline := func(edit func(*constructs.PipelineProps)) func() {
		props := &constructs.PipelineProps{Name: "p", Platforms: []string{"linux/amd64"}, Source: constructs.Source{Branch: "main", ConnectionARN: "arn", Owner: "o", Name: "r"}}
		edit(props)
		return func() { constructs.NewPipeline(stack, "It", props) }
	}

	for name, c := range map[string]struct {
		make func()
		want string
	}{
		"chart without version":      {chart(func(p *constructs.ChartProps) { p.Version = "" }), `a chart needs a version, such as "1.2.3"`},
		"chart without namespace":    {chart(func(p *constructs.ChartProps) { p.Namespace = "" }), "a chart needs a release and a namespace"},
		"chart without scheme":       {chart(func(p *constructs.ChartProps) { p.Repository = "chart" }), `repository must be the OCI address of the chart, oci://host/path/chart, got "chart"`},
		"Helm outlives its function": {chart(func(p *constructs.ChartProps) { p.Timeout = 11 * time.Minute }), "the timeout of Helm must be at most 10m0s, so that Helm ends before the Lambda function that runs it (15m0s), got 11m0s"},
		"Helm never waits":           {chart(func(p *constructs.ChartProps) { p.Timeout = -1 }), "the timeout of Helm must be at most 10m0s, so that Helm ends before the Lambda function that runs it (15m0s), got -1ns"},

		"wait outlives its function": {ready(func(p *constructs.ReadyProps) { p.Timeout = 13 * time.Minute }), "timeout must be more than 0 and at most 12m0s, what the handler survives, got 13m0s"},
		"wait without end":           {ready(func(p *constructs.ReadyProps) { p.Timeout = 0 }), "timeout must be more than 0 and at most 12m0s, what the handler survives, got 0s"},

		"cluster without name":    {cluster(func(p *constructs.ClusterProps) { p.Name = "" }), `name must have 1 to 100 characters, got ""`},
		"cluster without version": {cluster(func(p *constructs.ClusterProps) { p.Version = "" }), `version is required, such as "1.36"`},
		"cluster without network": {cluster(func(p *constructs.ClusterProps) { p.Private = nil }), "a VPC and a selection of its private subnets are required"},
		"open endpoint":           {cluster(func(p *constructs.ClusterProps) { p.PublicCIDRs = []string{"0.0.0.0/0"} }), "public CIDR 0.0.0.0/0 opens the endpoint to the world: list the networks that need it"},
		"min above desired":       {nodes(func(p *constructs.NodeGroupProps) { p.Min = 2 }), `node group "g": min ≤ desired ≤ max must hold, got 2, 1, 2`},
		"desired above max":       {nodes(func(p *constructs.NodeGroupProps) { p.Desired = 3 }), `node group "g": min ≤ desired ≤ max must hold, got 1, 3, 2`},
		"nodes without type":      {nodes(func(p *constructs.NodeGroupProps) { p.InstanceTypes = nil }), `node group "g" needs at least one instance type`},
		"nodes without name":      {nodes(func(p *constructs.NodeGroupProps) { p.Name = "" }), "a node group needs a name"},

		"no type that there is": {nodes(func(p *constructs.NodeGroupProps) { p.InstanceTypes = []string{"foo.bar"} }), `node group "g": foo.bar: "foo.bar" is not a class, a generation and a size, want an EC2 instance type that EKS has an image for, such as m7i.large`},
		"other processors":      {nodes(func(p *constructs.NodeGroupProps) { p.InstanceTypes = []string{"m7g.large"} }), `node group "g": m7g.large has Arm processors: true, want what ARM64 says, false`},
		"two images":            {nodes(func(p *constructs.NodeGroupProps) { p.InstanceTypes = []string{"m7i.large", "g6.xlarge"} }), `node group "g": its instance types need different images, got g6.xlarge, m7i.large: make a node group for each`},
		"no disk":               {nodes(func(p *constructs.NodeGroupProps) { p.DiskGiB = 0 }), `node group "g": the disk must have 20 to 16384 GiB, got 0`},
		"name of a template": {cluster(func(p *constructs.ClusterProps) {
			group := constructs.NodeGroupProps{Name: "web", InstanceTypes: []string{"m7i.large"}, Min: 1, Desired: 1, Max: 2, DiskGiB: 20}
			p.NodeGroups = []constructs.NodeGroupProps{group, group}
			p.NodeGroups[1].Name = "web-template"
		}), `the name of the node group "web-template" is taken by "web": rename one`},

		"one zone":              {network(func(p *constructs.NetworkProps) { p.ZoneCount = 1 }), "a network for EKS needs at least 2 availability zones, got 1"},
		"more gateways":         {network(func(p *constructs.NetworkProps) { p.NATGateways = 4 }), "NAT gateways must number 0 to 3 (one a zone), got 4"},
		"network without range": {network(func(p *constructs.NetworkProps) { p.CIDR = "" }), "CIDR is required"},

		"no platform":             {pipeline(func(p *constructs.PipelineProps) { p.Platforms = nil }), `pipeline "p" needs at least one platform, such as linux/amd64`},
		"platform with a variant": {pipeline(func(p *constructs.PipelineProps) { p.Platforms = []string{"linux/arm64/v8"} }), `pipeline "p": platforms must be of linux/amd64 and linux/arm64, each once, got "linux/arm64/v8"`},
		"platform twice":          {pipeline(func(p *constructs.PipelineProps) { p.Platforms = []string{"linux/amd64", "linux/amd64"} }), `pipeline "p": platforms must be of linux/amd64 and linux/arm64, each once, got "linux/amd64"`},
		"source without branch":   {pipeline(func(p *constructs.PipelineProps) { p.Source.Branch = "" }), "a source needs a branch"},
		"no source":               {pipeline(func(p *constructs.PipelineProps) { p.Source.ConnectionARN = "" }), "a source is either a CodeCommit repository or a connection"},
		"two sources":             {pipeline(func(p *constructs.PipelineProps) { p.Source.Repository = &constructs.Repository{} }), "a source is either a CodeCommit repository or a connection"},
		"connection to nowhere":   {pipeline(func(p *constructs.PipelineProps) { p.Source.Owner = "" }), "the connection arn needs the owner and the name of a repository"},
		"filters where none works": {pipeline(func(p *constructs.PipelineProps) {
			p.Source = constructs.Source{Branch: "main", Repository: &constructs.Repository{}, Paths: []string{"a"}}
		}), "path filters work with a connection only"},

		"registry that keeps less": {func() { constructs.NewRegistry(stack, "It", &constructs.RegistryProps{Name: "a/b", KeepImages: -1}) }, "the registry must keep at least 1 image, or 0 for all, got -1"},
		"registry without a name":  {func() { constructs.NewRegistry(stack, "It", &constructs.RegistryProps{Name: "A", KeepImages: 1}) }, `name must have 2 to 256 characters of a-z, 0-9, '-', '.', '_' and '/', starting with a letter, got "A"`},
		"workflows of everyone":    {func() { constructs.NewGitHub(stack, "It", &constructs.GitHubProps{}) }, "the repository is missing, want owner/name as GitHub's tokens have it; name it"},
		"Flux without version":     {func() { constructs.NewFlux(stack, "It", &constructs.FluxProps{Size: "small"}) }, "the versions of the operator and of Flux, and a size, are required"},
	} {
		t.Run(name, func(t *testing.T) { require.PanicsWithError(t, "Stack/It: "+c.want, c.make) })
	}
}

// A wait for nothing in particular would wait until its time is up.
func TestReadyNeedsToKnowItsObject(t *testing.T) {
	defer func() {
		require.ErrorContains(t, recover().(error), "Stack/It: resource, namespace, name, revision and reason are required, got ")
	}()
	constructs.NewReady(newStack(t), "It", &constructs.ReadyProps{Timeout: time.Minute})
}

// All mistakes of one construct come at once.
func TestConstructsReportAllMistakes(t *testing.T) {
	require.PanicsWithError(t, "Stack/It: a chart needs a version, such as \"1.2.3\"\na chart needs a release and a namespace\n"+
		"repository must be the OCI address of the chart, oci://host/path/chart, got \"\"",
		func() { constructs.NewChart(newStack(t), "It", &constructs.ChartProps{}) })
}

// Without the layer from npm the CDK would only say that a file is missing.
func TestMissingKubectlLayerSaysWhatToDo(t *testing.T) {
	const want = "the kubectl layer is not installed (nowhere.zip): run `npm ci` in the folder of package.json"
	require.EqualError(t, constructs.CheckKubectlLayer("nowhere.zip"), want)
	stack := newStack(t)
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), nil)
	require.PanicsWithError(t, "Stack/It/KubectlLayer: "+want, func() {
		constructs.NewCluster(stack, "It", &constructs.ClusterProps{
			Name: "a", Version: "1.36", Vpc: vpc, Private: &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
			Logs: constructs.Logs{RetentionDays: 30, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
			KubectlLayerZip: "nowhere.zip",
		})
	})
}
