// Package config holds the settings of the program: the object `platform` in
// cdk.json's context. It has three layers, after kind's cluster configuration:
// the types of this file, the defaults, and Validate, which reports every
// mistake at once. It imports nothing of the CDK, so that it can be tested and
// used without a jsii kernel.
//
// In every type below a zero value means "use the default"; after [Parse] each
// field holds the value in force.
package config

// Platform is the whole of the settings.
type Platform struct {
	// Name is the prefix of every explicit AWS name: clusters, repositories, keys.
	Name string `json:"name,omitempty" jsonschema:"Prefix of every explicit AWS name: 2 to 20 of a-z, 0-9 and '-', starting with a letter."`
	// Tags go on every resource that takes tags.
	Tags map[string]string `json:"tags,omitempty" jsonschema:"Tags put on every resource that takes tags."`
	// Config is the repository that Flux follows.
	Config ConfigRepository `json:"config,omitzero" jsonschema:"The config repository: the Git repository that Flux follows."`
	// Delivery is where the repositories, the registry and the pipelines live.
	Delivery Delivery `json:"delivery,omitzero" jsonschema:"The stacks delivery and app-<app>: repositories, registry, pipelines."`
	// Apps are built by a pipeline each.
	Apps []App `json:"apps,omitempty" jsonschema:"The applications, each with a registry repository and a pipeline of its own. At least one; without the key, the sample app hello."`
	// Environments are deployed as three stacks each.
	Environments []Environment `json:"environments,omitempty" jsonschema:"The environments, each with a VPC, a cluster and a Flux of its own."`
	// GitHub is the repository whose workflows review and deploy this program.
	GitHub GitHub `json:"github,omitzero" jsonschema:"The ci stack: roles for the workflows of a GitHub repository."`
}

// ConfigSource says where the config repository is.
type ConfigSource string

// The sources of the config repository.
const (
	ConfigSourceCodeCommit ConfigSource = "codecommit"
	ConfigSourceGit        ConfigSource = "git"
)

// ConfigRepository is the Git repository that Flux follows.
type ConfigRepository struct {
	// Source is where the repository is.
	Source ConfigSource `json:"source,omitempty" jsonschema:"codecommit: a repository that the delivery stack creates and seeds from manifests/. git: an existing repository named by url."`
	// URL of an existing repository, https:// or ssh://; only with source git.
	URL string `json:"url,omitempty" jsonschema:"URL of an existing repository (https:// or ssh://). Only and always with source git."`
	// SecretName is an existing Secret in flux-system with the credentials; only with source git.
	SecretName string `json:"secretName,omitempty" jsonschema:"Name of an existing Secret in the namespace flux-system that holds the credentials. Only with source git; required for ssh:// and provider github."`
	// Provider is the GitRepository's provider; only with source git.
	Provider GitProvider `json:"provider,omitempty" jsonschema:"How Flux authenticates. generic: basic, bearer or SSH from the Secret. github: a GitHub App from the Secret. Only with source git."`
}

// GitProvider is the value of GitRepository.spec.provider for a repository outside AWS.
type GitProvider string

// The Git providers, in Flux's terms.
const (
	GitProviderGeneric GitProvider = "generic"
	GitProviderGitHub  GitProvider = "github"
)

// Delivery configures the delivery stack.
type Delivery struct {
	// Account of the delivery stack; default that of the first environment.
	Account string `json:"account,omitempty" jsonschema:"AWS account of the delivery stack, 12 digits. Default: that of the first environment."`
	// Region of the delivery stack; default that of the first environment.
	Region string `json:"region,omitempty" jsonschema:"AWS Region of the delivery stack. Default: that of the first environment."`
	// RemovalPolicy of repositories, images and artifacts.
	RemovalPolicy RemovalPolicy `json:"removalPolicy,omitempty" jsonschema:"What cdk destroy does with repositories, images, artifacts, the key and logs. destroy deletes the only copy of the Git history."`
	// LogRetentionDays of the build and pipeline logs.
	LogRetentionDays int `json:"logRetentionDays,omitempty" jsonschema:"Days that build logs are kept; a value that CloudWatch Logs knows."`
	// BuildKitImage runs the builds. It is pulled by each build.
	BuildKitImage string `json:"buildKitImage,omitempty" jsonschema:"Image of the BuildKit daemon that each build starts. One of Docker Hub is taken from its cache at mirror.gcr.io where Docker Hub refuses."`
	// AlertEmails receive failed pipelines and builds.
	AlertEmails []string `json:"alertEmails,omitempty" jsonschema:"E-mail addresses that are told of failed pipelines and builds."`
}

// RemovalPolicy says what becomes of data when its stack is deleted.
type RemovalPolicy string

// The removal policies.
const (
	RemovalPolicyDestroy RemovalPolicy = "destroy"
	RemovalPolicyRetain  RemovalPolicy = "retain"
)

// App is an application that a pipeline builds into an image.
type App struct {
	// Name of the app, of its image repository and of its namespace.
	Name string `json:"name,omitempty" jsonschema:"Name of the app, of its image repository and of its namespace: 2 to 40 of a-z, 0-9 and '-', starting with a letter."`
	// Source is where the code is.
	Source AppSource `json:"source,omitzero" jsonschema:"Where the app's code is."`
	// Platforms to build for. Two are built natively side by side.
	Platforms []ImagePlatform `json:"platforms,omitempty" jsonschema:"Platforms to build for; two are built natively, side by side, into one manifest list."`
	// ScanThreshold is the severity from which findings fail the build.
	ScanThreshold ScanThreshold `json:"scanThreshold,omitempty" jsonschema:"Severity at and above which a finding of the image scan fails the build."`
	// KeepImages is how many released images the registry keeps.
	KeepImages int `json:"keepImages,omitempty" jsonschema:"Released images that the registry keeps, the newest first. Default: all, since an environment may run an old one."`
}

// AppSourceType says where an app's code is.
type AppSourceType string

// The sources of an app.
const (
	AppSourceCodeCommit AppSourceType = "codecommit"
	AppSourceConnection AppSourceType = "connection"
)

// AppSource is where an app's code is.
type AppSource struct {
	// Type is the kind of source.
	Type AppSourceType `json:"type,omitempty" jsonschema:"codecommit: a repository that the app's stack creates. connection: a repository behind a CodeConnections connection."`
	// ConnectionARN, Owner and Repository name a repository behind a connection.
	ConnectionARN string `json:"connectionArn,omitempty" jsonschema:"ARN of the CodeConnections connection. Only and always with type connection."`
	Owner         string `json:"owner,omitempty" jsonschema:"Owner (organization or group) of the repository. Only and always with type connection."`
	Repository    string `json:"repository,omitempty" jsonschema:"Name of the repository. Only and always with type connection."`
	// Branch whose commits are built.
	Branch string `json:"branch,omitempty" jsonschema:"Branch whose commits are built."`
	// Paths are globs; only pushes that touch one of them start the pipeline.
	Paths []string `json:"paths,omitempty" jsonschema:"Globs; only a push that changes a matching file starts the pipeline. At most 8. Only with type connection."`
}

// ImagePlatform is an OCI platform that images are built for.
type ImagePlatform string

// The image platforms.
const (
	PlatformAMD64 ImagePlatform = "linux/amd64"
	PlatformARM64 ImagePlatform = "linux/arm64"
)

// ScanThreshold is a severity of Amazon ECR's image scan, or none.
type ScanThreshold string

// The scan thresholds, the strictest first. None never fails a build.
const (
	ScanLow      ScanThreshold = "low"
	ScanMedium   ScanThreshold = "medium"
	ScanHigh     ScanThreshold = "high"
	ScanCritical ScanThreshold = "critical"
	ScanNone     ScanThreshold = "none"
)

// Environment is one VPC, one cluster and one Flux.
type Environment struct {
	// Name of the environment; the prefix of its stacks.
	Name string `json:"name,omitempty" jsonschema:"Name of the environment and prefix of its stacks: 2 to 16 of a-z, 0-9 and '-', starting with a letter."`
	// Account and Region; both or neither. Neither means those of the deploying credentials.
	Account string `json:"account,omitempty" jsonschema:"AWS account, 12 digits. Set account and region, or neither: then those of the deploying credentials are used."`
	Region  string `json:"region,omitempty" jsonschema:"AWS Region. Set account and region, or neither."`
	// Network is the VPC.
	Network Network `json:"network,omitzero" jsonschema:"The VPC: a new one, or an existing one by vpcId."`
	// KubernetesVersion of the cluster, such as 1.36.
	KubernetesVersion string `json:"kubernetesVersion,omitempty" jsonschema:"Kubernetes version of the cluster."`
	// Compute runs the pods.
	Compute Compute `json:"compute,omitzero" jsonschema:"What the pods run on."`
	// Endpoint is the access to the Kubernetes API.
	Endpoint Endpoint `json:"endpoint,omitzero" jsonschema:"Access to the Kubernetes API endpoint."`
	// Admins and Viewers are ARNs of IAM roles or users.
	Admins  []string `json:"admins,omitempty" jsonschema:"ARNs of IAM roles or users that administer the cluster (AmazonEKSClusterAdminPolicy)."`
	Viewers []string `json:"viewers,omitempty" jsonschema:"ARNs of IAM roles or users that may read the cluster, Secrets excepted (AmazonEKSViewPolicy)."`
	// DeletionProtection makes EKS refuse to delete the cluster.
	DeletionProtection bool `json:"deletionProtection,omitempty" jsonschema:"Whether EKS refuses to delete the cluster until this is false again."`
	// RemovalPolicy of logs and keys.
	RemovalPolicy RemovalPolicy `json:"removalPolicy,omitempty" jsonschema:"What cdk destroy does with the environment's logs and encryption key."`
	// LogRetentionDays of control-plane, flow and handler logs.
	LogRetentionDays int `json:"logRetentionDays,omitempty" jsonschema:"Days that control-plane, flow and handler logs are kept; a value that CloudWatch Logs knows."`
	// Flux configures what runs in the cluster.
	Flux Flux `json:"flux,omitzero" jsonschema:"Flux in the cluster, and what it follows."`
}

// Network is the VPC of an environment.
type Network struct {
	// CIDR of a new VPC, /16 to /18; see [Network.PrivateSubnetMask].
	CIDR string `json:"cidr,omitempty" jsonschema:"IPv4 CIDR of the new VPC, /16 to /18, private. Environments must not overlap. Set it in environments that are to stay: the default goes by their order, and another CIDR is another VPC. Not with vpcId."`
	// AvailabilityZoneCount is how many zones a new VPC spans when no names are given. A deployment chooses them.
	AvailabilityZoneCount int `json:"availabilityZoneCount,omitempty" jsonschema:"Number of availability zones that a new VPC spans, chosen at the first deployment. Not with availabilityZones."`
	// AvailabilityZones are names; they need account and region, and must be of that region.
	AvailabilityZones []string `json:"availabilityZones,omitempty" jsonschema:"Names of the availability zones, all of the environment's region; needs account and region. With vpcId: the zones of the subnets, in the same order."`
	// NAT is how private subnets reach the internet.
	NAT NAT `json:"nat,omitempty" jsonschema:"NAT gateways. single: one, the cheapest. per-az: one in each zone, survives the loss of a zone. none: no way out; needs interface endpoints and a registry mirror. Not with vpcId."`
	// InterfaceEndpoints are the short names of AWS services.
	InterfaceEndpoints []string `json:"interfaceEndpoints,omitempty" jsonschema:"Short names of the AWS services to reach by interface endpoint. Default: none, and with nat none all that a cluster needs. Not with vpcId."`
	// VPCID, PrivateSubnetIDs and PublicSubnetIDs name an existing VPC.
	VPCID            string   `json:"vpcId,omitempty" jsonschema:"Id of an existing VPC to use instead of a new one; needs account, region, availabilityZones and privateSubnetIds."`
	PrivateSubnetIDs []string `json:"privateSubnetIds,omitempty" jsonschema:"Ids of the existing private subnets, one in each of availabilityZones, in the same order. Only and always with vpcId."`
	PublicSubnetIDs  []string `json:"publicSubnetIds,omitempty" jsonschema:"Ids of the existing public subnets, one in each of availabilityZones, in the same order. Only with vpcId."`
}

// NAT says which NAT gateways a new VPC has.
type NAT string

// The NAT settings.
const (
	NATSingle NAT = "single"
	NATPerAZ  NAT = "per-az"
	NATNone   NAT = "none"
)

// ComputeMode says who runs the nodes.
type ComputeMode string

// The compute modes.
const (
	ComputeAuto       ComputeMode = "auto"
	ComputeNodeGroups ComputeMode = "node-groups"
)

// Compute is what the pods run on.
type Compute struct {
	// Mode is EKS Auto Mode or managed node groups.
	Mode ComputeMode `json:"mode,omitempty" jsonschema:"auto: EKS Auto Mode. node-groups: the managed node groups listed in nodeGroups."`
	// NodeGroups are the managed node groups; only with mode node-groups.
	NodeGroups []NodeGroup `json:"nodeGroups,omitempty" jsonschema:"The managed node groups. Only and always with mode node-groups."`
}

// NodeGroup is a managed node group.
type NodeGroup struct {
	// Name of the node group.
	Name string `json:"name,omitempty" jsonschema:"Name of the node group: 2 to 30 of a-z, 0-9 and '-', starting with a letter."`
	// InstanceTypes, all of the group's architecture and of one accelerator.
	InstanceTypes []string `json:"instanceTypes,omitempty" jsonschema:"EC2 instance types, all of the same architecture and accelerator; with spot, several are better. GPUs, Inferentia and Trainium get the image with their driver; their device plugin is for the config repository to install."`
	// Architecture of the instance types.
	Architecture Architecture `json:"architecture,omitempty" jsonschema:"Architecture of the instance types."`
	// AMI is the operating system.
	AMI AMIFamily `json:"ami,omitempty" jsonschema:"Operating system of the nodes."`
	// Min, Max and Desired are numbers of nodes.
	Min     int `json:"min,omitempty" jsonschema:"Least number of nodes."`
	Max     int `json:"max,omitempty" jsonschema:"Greatest number of nodes, at least min."`
	Desired int `json:"desired,omitempty" jsonschema:"Number of nodes to start with, from min to max."`
	// DiskGiB is the size of the root volume.
	DiskGiB int `json:"diskGiB,omitempty" jsonschema:"Size of each node's encrypted data volume in GiB."`
	// Spot uses spare capacity at a discount.
	Spot bool `json:"spot,omitempty" jsonschema:"Whether to use spot capacity."`
}

// Architecture of a processor, in Kubernetes' terms.
type Architecture string

// The architectures.
const (
	ArchitectureAMD64 Architecture = "amd64"
	ArchitectureARM64 Architecture = "arm64"
)

// AMIFamily is the operating system of a managed node group.
type AMIFamily string

// The AMI families.
const (
	AMIAmazonLinux2023 AMIFamily = "al2023"
	AMIBottlerocket    AMIFamily = "bottlerocket"
)

// EndpointAccess says from where the Kubernetes API can be reached.
type EndpointAccess string

// The endpoint accesses.
const (
	EndpointPrivate EndpointAccess = "private"
	EndpointPublic  EndpointAccess = "public"
)

// Endpoint is the access to the Kubernetes API.
type Endpoint struct {
	// Access is private, or public as well.
	Access EndpointAccess `json:"access,omitempty" jsonschema:"private: from inside the VPC only. public: from publicCidrs too."`
	// PublicCIDRs may reach the public endpoint.
	PublicCIDRs []string `json:"publicCidrs,omitempty" jsonschema:"IPv4 CIDRs that may reach the public endpoint, /8 or smaller. Only and always with access public."`
}

// FluxSize is the vertical scaling profile of the Flux controllers, in the FluxInstance's terms.
type FluxSize string

// The Flux sizes.
const (
	FluxSmall  FluxSize = "small"
	FluxMedium FluxSize = "medium"
	FluxLarge  FluxSize = "large"
)

// ImageUpdates says how new images reach an environment.
type ImageUpdates string

// The ways of new images.
const (
	ImageUpdatesAutomatic   ImageUpdates = "automatic"
	ImageUpdatesPullRequest ImageUpdates = "pull-request"
)

// Flux configures Flux in one environment.
type Flux struct {
	// Version of the Flux distribution, such as 2.9.4.
	Version string `json:"version,omitempty" jsonschema:"Version of the Flux distribution."`
	// Size of the controllers.
	Size FluxSize `json:"size,omitempty" jsonschema:"Resources and concurrency of the Flux controllers."`
	// IntervalSeconds between two looks at the config repository.
	IntervalSeconds int `json:"intervalSeconds,omitempty" jsonschema:"Seconds between two looks at the config repository, 60 to 3600."`
	// Branch of the config repository. One that takes changes by pull request
	// only cannot be the branch of an environment whose Flux commits to it.
	Branch string `json:"branch,omitempty" jsonschema:"Branch of the config repository that this environment follows. With config.source codecommit the delivery stack makes it. With imageUpdates pull-request it is none that an environment with automatic follows. Default: release with imageUpdates pull-request, else main."`
	// Path in the config repository.
	Path string `json:"path,omitempty" jsonschema:"Folder in the config repository that this environment follows. Default: clusters/ and the environment's name."`
	// ImageUpdates says how new images reach the environment. The default is
	// automatic for the first environment and pull-request for the others.
	ImageUpdates ImageUpdates `json:"imageUpdates,omitempty" jsonschema:"How new images reach the environment. automatic: Flux commits new tags to the branch. pull-request: by a change to the config repository only; the cluster cannot write to it. Default: automatic in the first environment, pull-request in the others."`
	// VerifySecretName turns on the verification of signed commits: of the one that the branch points at
	// (mode HEAD), not of those before it. Flux's own commits have no signature.
	VerifySecretName string `json:"verifySecretName,omitempty" jsonschema:"Name of an existing Secret in the namespace flux-system with the public keys that the newest commit of the branch must be signed with; not with a branch that Flux commits to. Default: signatures are not asked for."`
	// RegistryMirror replaces ghcr.io.
	RegistryMirror string `json:"registryMirror,omitempty" jsonschema:"Host, with an optional path, that charts and images are pulled from instead of ghcr.io, such as an ECR pull-through cache."`
	// Helm gives helm-controller the rights that it needs for HelmReleases.
	Helm bool `json:"helm,omitempty" jsonschema:"Whether the config repository has HelmReleases: helm-controller then gets cluster-admin, to act as the service accounts that they name. Default: it has no rights but on its own objects."`
	// Alerts is where Flux's own alerts go.
	Alerts Alerts `json:"alerts,omitzero" jsonschema:"Where Flux sends its alerts."`
}

// Alerts is the address of a Flux notification provider.
type Alerts struct {
	// Type of the notification Provider.
	Type string `json:"type,omitempty" jsonschema:"Type of the Flux notification Provider."`
	// SecretName holds the address of the provider.
	SecretName string `json:"secretName,omitempty" jsonschema:"Name of a Secret in the namespace flux-system with the provider's address. Alerts start once it exists."`
}
