package config

import "fmt"

// The defaults, each with its reason. They are what a trial in one account
// needs at the least cost that is still safe; what production needs instead is
// said beside each.
const (
	// DefaultName says what the program makes.
	DefaultName = "platform"
	// DefaultConfigSource needs nothing outside AWS: no token to create, store
	// and rotate.
	DefaultConfigSource = ConfigSourceCodeCommit
	// DefaultGitProvider works with every Git server.
	DefaultGitProvider = GitProviderGeneric
	// DefaultBranch is the branch of the config repository and of the apps.
	DefaultBranch = "main"
	// DefaultReleaseBranch is that of the config repository which environments
	// follow whose changes come by pull request: Flux of another environment
	// commits to [DefaultBranch], and must not reach them.
	DefaultReleaseBranch = "release"

	// DefaultBuildKitImage is the upstream one for amd64 and arm64.
	// https://github.com/moby/buildkit/releases/tag/v0.30.0
	DefaultBuildKitImage = "moby/buildkit:v0.30.0@sha256:0168606be2315b7c807a03b3d8aa79beefdb31c98740cebdffdfeebf31190c9f"

	// DefaultAppName is the sample app of this repository's folder app/.
	DefaultAppName = "hello"
	// DefaultAppSource is a repository that the delivery stack creates.
	DefaultAppSource = AppSourceCodeCommit
	// DefaultPlatform is what the nodes of the default compute can run: EKS
	// Auto Mode's built-in pool general-purpose is amd64 only.
	// https://docs.aws.amazon.com/eks/latest/userguide/set-builtin-node-pools.html
	DefaultPlatform = PlatformAMD64
	// DefaultScanThreshold stops what has a known exploit or is easy to
	// exploit; a lower one fails builds on findings without a fix upstream.
	DefaultScanThreshold = ScanHigh

	// DefaultEnvironmentName is that of the folder clusters/dev in manifests/.
	DefaultEnvironmentName = "dev"
	// DefaultAvailabilityZoneCount survives the loss of a zone with a third of
	// the capacity in reserve, not half. EKS asks for two.
	DefaultAvailabilityZoneCount = 3
	// DefaultNAT costs one gateway. Production takes per-az, or loses its way
	// out together with that gateway's zone.
	DefaultNAT = NATSingle
	// DefaultKubernetesVersion is the newest that the kubectl layer and Flux
	// support, see versions.go.
	DefaultKubernetesVersion = "1.36"
	// DefaultComputeMode leaves nodes, storage and load balancers to AWS.
	DefaultComputeMode = ComputeAuto
	// DefaultEndpointAccess keeps the Kubernetes API off the internet. GitOps
	// needs no access from outside: Flux pulls.
	DefaultEndpointAccess = EndpointPrivate
	// DefaultRemovalPolicy of an environment leaves nothing behind that costs
	// money. Production takes retain, and deletionProtection.
	DefaultRemovalPolicy = RemovalPolicyDestroy
	// DefaultDeliveryRemovalPolicy keeps the only copies of the repositories, and
	// the images that clusters run.
	DefaultDeliveryRemovalPolicy = RemovalPolicyRetain
	// DefaultLogRetentionDays is the three months that PCI DSS 10.5.1 wants at
	// hand, at 3 US cents a GB and month in most Regions.
	DefaultLogRetentionDays = 90

	// DefaultFluxSize is enough for some dozens of applications.
	DefaultFluxSize = FluxSmall
	// DefaultFluxVersion is the newest that the flux-operator of this program
	// ships, see versions.go.
	DefaultFluxVersion = "2.9.4"
	// DefaultIntervalSeconds is the least that is of use: kustomize-controller
	// does not look more often, and a faster reaction comes by webhook.
	DefaultIntervalSeconds = 60
	// DefaultAlertType posts Flux's own JSON to any web address.
	DefaultAlertType = "generic"
	// DefaultAlertSecretName is the Secret that turns the alerts on.
	DefaultAlertSecretName = "alert-webhook"

	// DefaultGitHubEnvironment is the one that .github/workflows/deploy.yaml names.
	DefaultGitHubEnvironment = "aws"

	// DefaultArchitecture is the one that every image can be had for.
	DefaultArchitecture = ArchitectureAMD64
	// DefaultAMI is EKS' own default, with a shell for those who debug nodes.
	DefaultAMI = AMIAmazonLinux2023
	// DefaultMinNodes keeps the cluster's own pods through the loss of a node.
	DefaultMinNodes = 2
	// DefaultMaxNodes is twice that: room for a rolling update.
	DefaultMaxNodes = 4
	// DefaultDiskGiB holds the images and logs of as many pods as a large
	// instance takes, with room to spare.
	DefaultDiskGiB = 50
)

// fewZones are Regions with fewer zones than [DefaultAvailabilityZoneCount]:
// us-west-1 has three, shows an account two of them, and EKS runs in two.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
var fewZones = map[string]int{"us-west-1": 2}

// defaultInstanceTypes are the smallest general-purpose instances of the newest
// generation that most Regions have. Two vCPUs and 8 GiB take 29 pods; a medium
// takes 8, which the add-ons and Flux alone fill.
var defaultInstanceTypes = map[Architecture]string{
	ArchitectureAMD64: "m7i.large",
	ArchitectureARM64: "m7g.large",
}

// Default gives the settings of an empty object.
func Default() *Platform {
	p := new(Platform)
	p.SetDefaults()
	return p
}

// SetDefaults fills in what is not set. Doing it again changes nothing.
//
// Most defaults are constants. These depend on other settings:
//   - Environment i's network.cidr is 10.<i>.0.0/16, counted from 0. A new
//     environment at the end changes no other one's; moving or removing one
//     changes all behind it, and a VPC whose CIDR changes is replaced: set
//     network.cidr in environments that are to stay.
//   - Nothing of a new VPC is filled in beside vpcId, and no zone count beside
//     names of zones; the count is 2 in us-west-1.
//   - network.interfaceEndpoints is empty, and with nat none
//     [RequiredInterfaceEndpoints].
//   - flux.path is clusters/<name of the environment>.
//   - flux.imageUpdates is automatic in the first environment, and pull-request
//     in the others. flux.branch is release where it is pull-request, else main.
//   - A node group's instance type follows its architecture; min, desired and
//     max give way to those of them that are set.
//   - delivery.account and delivery.region are the first environment's.
//   - github.branch and github.environment are set beside github.repository.
func (p *Platform) SetDefaults() {
	set(&p.Name, DefaultName)
	set(&p.Config.Source, DefaultConfigSource)
	if p.Config.Source == ConfigSourceGit {
		set(&p.Config.Provider, DefaultGitProvider)
	}
	if len(p.Apps) == 0 {
		p.Apps = []App{{Name: DefaultAppName}}
	}
	for i := range p.Apps {
		p.Apps[i].setDefaults()
	}
	if len(p.Environments) == 0 {
		p.Environments = []Environment{{Name: DefaultEnvironmentName}}
	}
	for i := range p.Environments {
		p.Environments[i].setDefaults(i, p.Config.Source)
	}
	set(&p.Delivery.Account, p.Environments[0].Account)
	set(&p.Delivery.Region, p.Environments[0].Region)
	set(&p.Delivery.RemovalPolicy, DefaultDeliveryRemovalPolicy)
	set(&p.Delivery.LogRetentionDays, DefaultLogRetentionDays)
	set(&p.Delivery.BuildKitImage, DefaultBuildKitImage)
	empty(&p.Delivery.AlertEmails)
	if p.GitHub.Repository != "" {
		set(&p.GitHub.Branch, DefaultBranch)
		set(&p.GitHub.Environment, DefaultGitHubEnvironment)
	}
}

func (a *App) setDefaults() {
	set(&a.Source.Type, DefaultAppSource)
	set(&a.Source.Branch, DefaultBranch)
	empty(&a.Source.Paths)
	if len(a.Platforms) == 0 {
		a.Platforms = []ImagePlatform{DefaultPlatform}
	}
	set(&a.ScanThreshold, DefaultScanThreshold)
}

func (e *Environment) setDefaults(index int, source ConfigSource) {
	e.Network.setDefaults(index, e.Region, source)
	set(&e.KubernetesVersion, DefaultKubernetesVersion)
	set(&e.Compute.Mode, DefaultComputeMode)
	empty(&e.Compute.NodeGroups)
	for i := range e.Compute.NodeGroups {
		e.Compute.NodeGroups[i].setDefaults()
	}
	set(&e.Endpoint.Access, DefaultEndpointAccess)
	empty(&e.Endpoint.PublicCIDRs)
	empty(&e.Admins)
	empty(&e.Viewers)
	set(&e.RemovalPolicy, DefaultRemovalPolicy)
	set(&e.LogRetentionDays, DefaultLogRetentionDays)
	set(&e.Flux.Version, DefaultFluxVersion)
	set(&e.Flux.Size, DefaultFluxSize)
	set(&e.Flux.IntervalSeconds, DefaultIntervalSeconds)
	if e.Name != "" {
		set(&e.Flux.Path, "clusters/"+e.Name)
	}
	// Only where a mistake costs little does an image go live by itself.
	if index == 0 {
		set(&e.Flux.ImageUpdates, ImageUpdatesAutomatic)
	}
	set(&e.Flux.ImageUpdates, ImageUpdatesPullRequest)
	if e.Flux.ImageUpdates == ImageUpdatesPullRequest {
		set(&e.Flux.Branch, DefaultReleaseBranch)
	}
	set(&e.Flux.Branch, DefaultBranch)
	set(&e.Flux.Alerts.Type, DefaultAlertType)
	set(&e.Flux.Alerts.SecretName, DefaultAlertSecretName)
}

func (n *Network) setDefaults(index int, region string, source ConfigSource) {
	empty(&n.AvailabilityZones)
	empty(&n.InterfaceEndpoints)
	empty(&n.PrivateSubnetIDs)
	empty(&n.PublicSubnetIDs)
	if n.VPCID != "" {
		return
	}
	if index < maxEnvironments {
		set(&n.CIDR, fmt.Sprintf("10.%d.0.0/16", index))
	}
	if len(n.AvailabilityZones) == 0 {
		set(&n.AvailabilityZoneCount, fewZones[region])
		set(&n.AvailabilityZoneCount, DefaultAvailabilityZoneCount)
	}
	set(&n.NAT, DefaultNAT)
	if n.NAT == NATNone && len(n.InterfaceEndpoints) == 0 {
		n.InterfaceEndpoints = RequiredInterfaceEndpoints(source)
	}
}

func (g *NodeGroup) setDefaults() {
	set(&g.Architecture, DefaultArchitecture)
	if t, ok := defaultInstanceTypes[g.Architecture]; ok && len(g.InstanceTypes) == 0 {
		g.InstanceTypes = []string{t}
	}
	set(&g.AMI, DefaultAMI)
	set(&g.DiskGiB, DefaultDiskGiB)
	// Each of the three follows those that are set, so that setting one alone
	// is never a contradiction to a default that nobody wrote.
	if g.Min == 0 {
		g.Min = DefaultMinNodes
		for _, bound := range []int{g.Desired, g.Max} {
			if bound > 0 {
				g.Min = min(g.Min, bound)
			}
		}
	}
	set(&g.Desired, inRange(g.Min))
	set(&g.Max, max(DefaultMaxNodes, inRange(g.Desired)))
}

// inRange keeps what follows a number that is out of range from being so too.
func inRange(nodes int) int { return min(max(nodes, 1), maxNodes) }

// set stores a default where nothing is.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// empty makes [] the same as not set, as it is after a round trip.
func empty[T any](list *[]T) {
	if len(*list) == 0 {
		*list = nil
	}
}
