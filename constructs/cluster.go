package constructs

import (
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ClusterProps configures [NewCluster].
type ClusterProps struct {
	// Name of the cluster, at most 100 characters. Required: the log group and the kubeconfig depend on it.
	Name string
	// Version of Kubernetes, such as "1.36". Required.
	Version string
	// Network that the cluster lives in. Required.
	Vpc     awsec2.IVpc
	Private *awsec2.SubnetSelection
	// NodeGroups run the pods. None means EKS Auto Mode.
	NodeGroups []NodeGroupProps
	// PublicCIDRs may reach a public endpoint. None means that the endpoint is private.
	PublicCIDRs []string
	// Admins and Viewers are ARNs of IAM roles or users.
	Admins, Viewers []string
	// DeletionProtection makes EKS refuse to delete the cluster. Default off.
	DeletionProtection bool
	// KubectlLayerZip is the layer with kubectl and helm. Default [KubectlLayerZip].
	KubectlLayerZip string
	// Logs of the control plane and of the handlers of custom resources. Required.
	Logs Logs
	// RemovalPolicy of the encryption key. Required.
	RemovalPolicy awscdk.RemovalPolicy
}

// Cluster is an EKS cluster that other stacks put objects into.
type Cluster struct {
	Cluster awseksv2.Cluster
	// Key encrypts the Secrets of the cluster; it may encrypt those in Git too.
	Key awskms.Key
}

// NewCluster makes an EKS cluster with API authentication only, a private
// endpoint unless CIDRs are given, encrypted Secrets and all control-plane logs.
func NewCluster(scope constructs.Construct, id string, props *ClusterProps) *Cluster {
	must(scope, id, props.validate()...)
	this := constructs.NewConstruct(scope, jsii.String(id))

	key := NewKey(this, "Key", props.Name, "Secrets of the cluster "+props.Name+", in etcd and in Git", props.RemovalPolicy)
	handlers := props.Logs.NewLogGroup(this, "Handlers")
	// EKS writes to this name; made first, it has a retention, and it goes last.
	controlPlaneLogs := props.Logs.newServiceLogGroup(this, "ControlPlane", "/aws/eks/"+props.Name+"/cluster", handlers)

	eks := awseksv2.NewCluster(this, jsii.String("Cluster"), props.cluster(this, key))
	eks.Node().AddDependency(controlPlaneLogs)
	resource := eks.Node().DefaultChild().(awseksv2.CfnCluster)
	resource.SetDeletionProtection(jsii.Bool(props.DeletionProtection))
	// At the end of standard support EKS upgrades the control plane by itself,
	// instead of running an outdated version at six times the price.
	// https://docs.aws.amazon.com/eks/latest/userguide/disable-extended-support.html
	resource.SetUpgradePolicy(&awseksv2.CfnCluster_UpgradePolicyProperty{SupportType: jsii.String("STANDARD")})
	resource.SetZonalShiftConfig(&awseksv2.CfnCluster_ZonalShiftConfigProperty{Enabled: jsii.Bool(true)})

	cluster := &Cluster{Cluster: eks, Key: key}
	cluster.grant(this, "Admins", "AmazonEKSClusterAdminPolicy", props.Admins)
	cluster.grant(this, "Viewers", "AmazonEKSViewPolicy", props.Viewers)
	addCompute(this, newAddons(this, eks, props.Version, handlers), props)
	ownKubectlLogs(eks, props.Logs.NewLogGroup(this, "Kubectl"))
	return cluster
}

func (p *ClusterProps) cluster(scope constructs.Construct, key awskms.IKey) *awseksv2.ClusterProps {
	layer := p.KubectlLayerZip
	if layer == "" {
		layer = KubectlLayerZip
	}
	endpoint := awseksv2.EndpointAccess_PRIVATE()
	if len(p.PublicCIDRs) > 0 {
		endpoint = awseksv2.EndpointAccess_PUBLIC_AND_PRIVATE().OnlyFrom(*jsii.Strings(p.PublicCIDRs...)...)
	}
	props := &awseksv2.ClusterProps{
		ClusterName:    jsii.String(p.Name),
		Version:        awseksv2.KubernetesVersion_Of(jsii.String(p.Version)),
		Vpc:            p.Vpc,
		VpcSubnets:     &[]*awsec2.SubnetSelection{p.Private},
		EndpointAccess: endpoint,
		ClusterLogging: &[]awseksv2.ClusterLoggingTypes{
			awseksv2.ClusterLoggingTypes_API,
			awseksv2.ClusterLoggingTypes_AUDIT,
			awseksv2.ClusterLoggingTypes_AUTHENTICATOR,
			awseksv2.ClusterLoggingTypes_CONTROLLER_MANAGER,
			awseksv2.ClusterLoggingTypes_SCHEDULER,
		},
		SecretsEncryptionKey:                    key,
		BootstrapClusterCreatorAdminPermissions: jsii.Bool(false),
		// EKS would install its own copies of the network add-ons, which no stack owns.
		BootstrapSelfManagedAddons: jsii.Bool(false),
		Prune:                      jsii.Bool(false),
		KubectlProviderOptions:     &awseksv2.KubectlProviderOptions{KubectlLayer: newKubectlLayer(scope, layer)},
	}
	if p.autoMode() {
		props.Compute = &awseksv2.ComputeConfig{NodeRole: newNodeRole(scope, "AmazonEKSWorkerNodeMinimalPolicy")}
	} else {
		props.DefaultCapacityType = awseksv2.DefaultCapacityType_NODEGROUP
		props.DefaultCapacity = jsii.Number(0)
	}
	return props
}

func (p *ClusterProps) autoMode() bool { return len(p.NodeGroups) == 0 }

// addCompute adds what the mode does not bring by itself, in the order in
// which it is needed: what nodes run, the nodes, what needs nodes to run.
func addCompute(scope constructs.Construct, addons *addons, props *ClusterProps) {
	var nodes []constructs.IDependable
	if props.autoMode() {
		enableNetworkPolicies(scope, addons.cluster)
	} else {
		network := addons.addForNodes()
		for _, group := range addNodeGroups(scope, addons.cluster, props) {
			group.Node().AddDependency(network...)
			nodes = append(nodes, group)
		}
	}
	addons.addWorkloads(props.autoMode(), nodes)
}

// grant gives principals an access policy for the whole cluster.
func (c *Cluster) grant(scope constructs.Construct, id, policy string, principals []string) {
	entries := constructs.NewConstruct(scope, jsii.String(id))
	for id, principal := range principalIDs(principals) {
		awseksv2.NewAccessEntry(entries, jsii.String(id), &awseksv2.AccessEntryProps{
			Cluster:   c.Cluster,
			Principal: jsii.String(principal),
			AccessPolicies: &[]awseksv2.IAccessPolicy{
				awseksv2.AccessPolicy_FromAccessPolicyName(jsii.String(policy), &awseksv2.AccessPolicyNameOptions{
					AccessScopeType: awseksv2.AccessScopeType_CLUSTER,
				}),
			},
		})
	}
}

// principalIDs makes construct ids of ARNs, so that the order of a list of
// principals does not matter: an id that moved would replace its access entry.
// An ARN that is a token has no text yet, and is counted. Where two ARNs differ by
// / and - only, the first in the alphabet has the plain id.
func principalIDs(arns []string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		taken := map[string]bool{}
		var known []string
		for i, arn := range arns {
			switch {
			case !*awscdk.Token_IsUnresolved(arn):
				known = append(known, arn)
			case !yield(fmt.Sprint("Principal", i+1), arn):
				return
			}
		}
		for _, arn := range slices.Compact(slices.Sorted(slices.Values(known))) {
			id := strings.NewReplacer("/", "-", "*", "-").Replace(arn)
			if taken[id] {
				id += fmt.Sprintf("-%08x", crc32.ChecksumIEEE([]byte(arn)))
			}
			taken[id] = true
			if !yield(id, arn) {
				return
			}
		}
	}
}

func newNodeRole(scope constructs.Construct, policies ...string) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("NodeRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	for _, policy := range append(policies, "AmazonEC2ContainerRegistryPullOnly") {
		role.AddManagedPolicy(awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(policy)))
	}
	return role
}

// ownKubectlLogs gives the kubectl handler and the framework in front of it
// a log group that goes with the stack.
func ownKubectlLogs(cluster awseksv2.Cluster, group awslogs.ILogGroup) {
	provider := cluster.Node().FindChild(jsii.String("KubectlProvider"))
	ownFunctionLogs(provider.Node().FindChild(jsii.String("Handler")), group)
	ownFunctionLogs(provider.Node().FindChild(jsii.String("Provider")).Node().FindChild(jsii.String("framework-onEvent")), group)
}

func (p *ClusterProps) validate() (problems []error) {
	if p.Name == "" || len(p.Name) > 100 {
		problems = append(problems, fmt.Errorf("name must have 1 to 100 characters, got %q", p.Name))
	}
	if p.Version == "" {
		problems = append(problems, errors.New("version is required, such as \"1.36\""))
	}
	if p.Vpc == nil || p.Private == nil {
		problems = append(problems, errors.New("a VPC and a selection of its private subnets are required"))
	}
	for _, cidr := range p.PublicCIDRs {
		if strings.HasSuffix(cidr, "/0") {
			problems = append(problems, fmt.Errorf("public CIDR %s opens the endpoint to the world: list the networks that need it", cidr))
		}
	}
	for i := range p.NodeGroups {
		problems = append(problems, p.NodeGroups[i].validate()...)
	}
	problems = append(problems, validateNames(p.NodeGroups)...)
	return problems
}
