package config

import (
	"fmt"
	"regexp"
	"strings"

	"gitops-eks/constructs/instance"
)

// rule says what one setting may be, whatever the others are. The same table
// feeds Validate, the JSON Schema and the README's table of settings, so that
// the three cannot come apart.
type rule struct {
	// want is what an error line says is allowed.
	want string
	// enum and numbers are the only values allowed.
	enum    []string
	numbers []int
	// min and max bound a number, the length of a text or that of a list.
	min, max int
	// pattern that a text matches.
	pattern *regexp.Regexp
	// check finds what a pattern cannot. It returns no want when all is well;
	// it goes before the pattern because it knows better fixes.
	check func(value string) (want, fix string)
	// fix turns a wrong text into what was probably meant, or into "".
	fix func(value string) string
	// unique items in a list.
	unique bool
	// required settings have no default.
	required bool
	// fallback describes a default that depends on other settings.
	fallback string
}

// rules has a rule for each setting that has one, by path. A list has a rule
// for itself, and one with [] behind its name for the items.
var rules = map[string]rule{
	"name": text("name", maxName),
	"tags": {max: maxTags, want: fmt.Sprintf("at most %d tags", maxTags)},

	"config.source":     oneOf(ConfigSourceCodeCommit, ConfigSourceGit),
	"config.url":        {want: "an https:// or ssh:// URL of a Git repository", pattern: gitURL, check: checkGitURL},
	"config.secretName": secretName(),
	"config.provider":   with(oneOf(GitProviderGeneric, GitProviderGitHub), "generic with source git"),

	"delivery.account":          with(account(), "the first environment's"),
	"delivery.region":           with(region(), "the first environment's"),
	"delivery.removalPolicy":    oneOf(RemovalPolicyDestroy, RemovalPolicyRetain),
	"delivery.logRetentionDays": retention(),
	"delivery.buildKitImage":    {want: "the reference of an image, with its digest", pattern: pinnedImage},
	"delivery.alertEmails":      {unique: true},
	"delivery.alertEmails[]":    {want: "an e-mail address without a name", pattern: emailShape, check: checkEmail},

	"apps":                        {min: 1, want: "at least one app", fallback: "the sample app hello"},
	"apps[].name":                 required(text("app", maxAppName)),
	"apps[].source.type":          oneOf(AppSourceCodeCommit, AppSourceConnection),
	"apps[].source.connectionArn": {want: "the ARN of a CodeConnections connection", pattern: connectionARN},
	"apps[].source.owner": {
		want:    "a user, an organization or a path of groups",
		pattern: regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`),
		max:     255,
	},
	"apps[].source.repository": {
		want:    "the name of a repository without its owner",
		pattern: regexp.MustCompile(`^[A-Za-z0-9_.-]+$`),
		max:     255,
		fix:     lastOfPath,
	},
	"apps[].source.branch": branch(),
	// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitFilePathFilterCriteria.html
	"apps[].source.paths":   {max: 8, unique: true, want: "at most 8 globs"},
	"apps[].source.paths[]": {want: "a glob of at most 255 characters", max: 255},
	"apps[].platforms":      {min: 1, max: 2, unique: true, want: "one or both of " + all([]ImagePlatform{PlatformAMD64, PlatformARM64})},
	"apps[].platforms[]":    oneOf(PlatformAMD64, PlatformARM64),
	"apps[].scanThreshold":  oneOf(ScanLow, ScanMedium, ScanHigh, ScanCritical, ScanNone),
	"apps[].keepImages":     between(1, 1000),

	"environments":           with(rule{min: 1, max: maxEnvironments, want: fmt.Sprintf("1 to %d environments", maxEnvironments)}, "one, dev"),
	"environments[].name":    required(text("environment", maxEnvironmentName)),
	"environments[].account": account(),
	"environments[].region":  region(),
	"environments[].network.cidr": with(rule{
		want:    "a private IPv4 CIDR of /16 to /18",
		pattern: cidrShape,
		check:   checkVPCCIDR,
	}, "10.i.0.0/16 for environment i, from 0"),
	"environments[].network.availabilityZoneCount": with(between(minZones, maxZones), "3; 2 in us-west-1, which has no more for EKS"),
	"environments[].network.availabilityZones":     items(minZones, maxZones, "zones"),
	"environments[].network.availabilityZones[]":   {want: "the name of an availability zone, such as us-east-1a", pattern: zoneName, fix: lower},
	"environments[].network.nat":                   oneOf(NATSingle, NATPerAZ, NATNone),
	"environments[].network.interfaceEndpoints":    {unique: true, fallback: "none; with nat none all that a cluster needs"},
	"environments[].network.interfaceEndpoints[]": {
		want:    "the short name of an AWS service, such as ecr.api",
		pattern: endpointName,
		check:   checkEndpointName,
	},
	"environments[].network.vpcId": {
		want:    "the id of a VPC, vpc- and 8 to 17 hexadecimal digits",
		pattern: regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`),
		fix:     lower,
	},
	"environments[].network.privateSubnetIds":   items(minZones, maxZones, "subnets"),
	"environments[].network.privateSubnetIds[]": subnetID(),
	"environments[].network.publicSubnetIds":    items(minZones, maxZones, "subnets"),
	"environments[].network.publicSubnetIds[]":  subnetID(),
	"environments[].kubernetesVersion":          release(KubernetesVersions, 2),
	"environments[].compute.mode":               oneOf(ComputeAuto, ComputeNodeGroups),

	"environments[].compute.nodeGroups":        {max: maxNodeGroups, want: fmt.Sprintf("at most %d node groups", maxNodeGroups)},
	"environments[].compute.nodeGroups[].name": required(text("nodes", maxNodeGroupName)),
	"environments[].compute.nodeGroups[].instanceTypes": with(items(1, 20, "instance types"),
		fmt.Sprintf("by architecture: amd64 %s, arm64 %s", defaultInstanceTypes[ArchitectureAMD64], defaultInstanceTypes[ArchitectureARM64])),
	"environments[].compute.nodeGroups[].instanceTypes[]": {
		want:    instance.Wanted,
		pattern: regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`),
		check:   checkInstanceType,
	},
	"environments[].compute.nodeGroups[].architecture": oneOf(ArchitectureAMD64, ArchitectureARM64),
	"environments[].compute.nodeGroups[].ami":          oneOf(AMIAmazonLinux2023, AMIBottlerocket),
	"environments[].compute.nodeGroups[].min":          with(between(1, maxNodes), "2, or less when desired or max is"),
	"environments[].compute.nodeGroups[].max":          with(between(1, maxNodes), "4, or more when desired is"),
	"environments[].compute.nodeGroups[].desired":      with(between(1, maxNodes), "that of min"),
	// AL2023's image needs 20 GiB; gp3 ends at 16 TiB.
	"environments[].compute.nodeGroups[].diskGiB": between(20, 16384),

	"environments[].endpoint.access": oneOf(EndpointPrivate, EndpointPublic),
	// https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
	"environments[].endpoint.publicCidrs":   {max: 40, unique: true, want: "at most 40 CIDRs"},
	"environments[].endpoint.publicCidrs[]": {want: "an IPv4 CIDR of /8 to /32 in the internet", pattern: cidrShape, check: checkPublicCIDR},
	"environments[].admins":                 {unique: true},
	"environments[].admins[]":               principal(),
	"environments[].viewers":                {unique: true},
	"environments[].viewers[]":              principal(),
	"environments[].removalPolicy":          oneOf(RemovalPolicyDestroy, RemovalPolicyRetain),
	"environments[].logRetentionDays":       retention(),

	"environments[].flux.version":         release(FluxVersions, 3),
	"environments[].flux.size":            oneOf(FluxSmall, FluxMedium, FluxLarge),
	"environments[].flux.intervalSeconds": between(60, 3600),
	"environments[].flux.branch":          branch(),
	"environments[].flux.path": with(rule{
		want:    "a relative path in the config repository",
		pattern: repositoryPath,
		check:   checkPath,
	}, "clusters/ and the environment's name"),
	"environments[].flux.imageUpdates":     with(oneOf(ImageUpdatesAutomatic, ImageUpdatesPullRequest), "automatic in the first environment, pull-request in the others"),
	"environments[].flux.verifySecretName": secretName(),
	"environments[].flux.registryMirror": with(rule{
		want:    "a registry host with an optional port and path, without a scheme",
		pattern: registryHost,
		check:   checkRegistry,
	}, "ghcr.io"),
	"environments[].flux.alerts.type":       oneOf(AlertTypes...),
	"environments[].flux.alerts.secretName": secretName(),

	"github.repository":      githubRepository(),
	"github.branch":          with(branch(), DefaultBranch+" with repository"),
	"github.environment":     with(githubEnvironment(), DefaultGitHubEnvironment+" with repository"),
	"github.oidcProviderArn": {want: "the ARN of an IAM OIDC provider for " + githubIssuer, pattern: githubProvider},
}

// AlertTypes are the Flux notification providers that an address in a Secret is
// enough for. Left out are those that also need a channel (telegram, webex,
// matrix, nats, zulip, pagerduty) and those that comment on Git commits.
// https://fluxcd.io/flux/components/notification/providers/
var AlertTypes = []string{
	"alertmanager", "datadog", "discord", "generic", "generic-hmac", "googlechat", "grafana",
	"lark", "msteams", "opsgenie", "otel", "rocket", "sentry", "slack",
}

// LogRetentionDays are the values that CloudWatch Logs knows.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var LogRetentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func oneOf[T ~string](values ...T) rule {
	r := rule{want: list(values)}
	for _, v := range values {
		r.enum = append(r.enum, string(v))
	}
	r.fix = func(value string) string { return nearest(value, r.enum) }
	return r
}

// release is the rule for a version of some parts, such as 1.36. The nearest
// one is no guess here: nobody types 1.35 for 1.37 by mistake.
func release(known []string, parts int) rule {
	return rule{want: list(known), enum: known, fix: func(s string) string {
		found := strings.Split(strings.TrimPrefix(s, "v"), ".")
		return strings.Join(found[:min(len(found), parts)], ".")
	}}
}

func between(low, high int) rule {
	return rule{min: low, max: high, want: fmt.Sprintf("a whole number from %d to %d", low, high)}
}

// items is the rule for a list of different texts.
func items(low, high int, what string) rule {
	return rule{min: low, max: high, unique: true, want: fmt.Sprintf("%d to %d %s", low, high, what)}
}

func retention() rule {
	return rule{numbers: LogRetentionDays, want: "a number of days that CloudWatch Logs knows: " + list(LogRetentionDays)}
}

func account() rule {
	return rule{want: "an AWS account of 12 digits, in quotes", pattern: regexp.MustCompile(`^[0-9]{12}$`), fix: func(s string) string {
		return strings.ReplaceAll(s, "-", "") // as the console shows it
	}}
}

func region() rule {
	return rule{want: "an AWS Region, such as us-east-1", pattern: regionName, check: checkRegion, fix: func(s string) string {
		s = lower(s)
		if zoneName.MatchString(s) {
			return s[:len(s)-1]
		}
		return s
	}}
}

func required(r rule) rule {
	r.required = true
	return r
}

func with(r rule, fallback string) rule {
	r.fallback = fallback
	return r
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// lastOfPath takes the repository out of owner/repository.
func lastOfPath(s string) string { return s[strings.LastIndex(s, "/")+1:] }
