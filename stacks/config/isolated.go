package config

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// neededEndpoints are the services that a cluster without a way to the internet
// calls from inside its VPC. Amazon S3, where image layers are, has a gateway
// endpoint in every VPC.
// https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
var neededEndpoints = []string{
	"ec2",                  // nodes name themselves, and attach addresses and volumes
	"ecr.api",              // nodes and Flux get the registry's token
	"ecr.dkr",              // nodes and Flux pull images and charts
	"eks",                  // the kubectl handler and the nodes look up the cluster
	"eks-auth",             // Pod Identity gives the controllers their credentials
	"elasticloadbalancing", // load balancers get their targets
	"kms",                  // Flux decrypts SOPS files
	"lambda",               // the custom resources' framework calls the kubectl handler
	"logs",                 // nodes and pods send logs
	"sts",                  // roles are taken on
}

// codeCommitEndpoint is where Flux pulls the config repository from.
const codeCommitEndpoint = "git-codecommit"

// moreEndpoints are further services that are often wanted. The list is for
// suggestions only: AWS has hundreds, and whether one exists shows at deploy.
var moreEndpoints = []string{
	"acm-pca", "athena", "autoscaling", "bedrock-runtime", "cloudformation", "codecommit", "codebuild", "dynamodb",
	"ec2messages", "ecs", "elasticache", "elasticfilesystem", "events", "execute-api", "glue",
	"guardduty-data", "kinesis-firehose", "kinesis-streams", "monitoring", "rds", "rds-data", "secretsmanager", "servicediscovery",
	"sns", "sqs", "ssm", "ssmmessages", "states", "synthetics", "xray",
}

// endpointAliases are services that are called otherwise in the names of their endpoints.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
var endpointAliases = map[string]string{
	"cloudwatch": "monitoring", "efs": "elasticfilesystem", "elb": "elasticloadbalancing", "eventbridge": "events",
	"firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "stepfunctions": "states",
}

var (
	endpointName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*$`)
	// fullEndpointName is how AWS' documentation writes it.
	fullEndpointName = regexp.MustCompile(`^(cn\.)?com\.amazonaws\.((?:eusc|[a-z]{2})(?:-[a-z]+)+-[0-9])\.(.+)$`)
	registryHost     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
	ecrHost          = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\.(amazonaws\.(com|eu)(\.cn)?|on\.aws)(/|$)`)
)

// publicGitHosts cannot be reached without a way to the internet. Only these
// few are known to be public; any other host may be on a private network.
var publicGitHosts = []string{"github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "codeberg.org", "gitea.com", "sourcehut.org"}

// RequiredInterfaceEndpoints are the short names of the services that a cluster
// without NAT needs an interface endpoint for, sorted.
func RequiredInterfaceEndpoints(source ConfigSource) []string {
	services := slices.Clone(neededEndpoints)
	if source == ConfigSourceCodeCommit {
		services = append(services, codeCommitEndpoint)
	}
	slices.Sort(services)
	return services
}

func checkEndpointName(s string) (want, fix string) {
	const allowed = "the short name of an AWS service, such as ecr.api"
	known := append(RequiredInterfaceEndpoints(ConfigSourceCodeCommit), moreEndpoints...)
	if m := fullEndpointName.FindStringSubmatch(s); m != nil {
		return allowed, "use " + show(m[3])
	}
	if strings.Contains(s, "com.amazonaws.") {
		return allowed + ", whose endpoint is the Region's", "remove it: the program makes those of the environment's Region only"
	}
	if name := endpointAliases[s]; name != "" {
		return allowed, "use " + show(name)
	}
	if s == "s3" {
		return "no s3, which every VPC has a gateway endpoint for", "remove it"
	}
	// Short names differ by a letter and are both right (sns, sqs).
	choices := append(known, slices.Sorted(maps.Keys(endpointAliases))...)
	if near := nearest(s, choices); len(s) > 4 && near != "" && !slices.Contains(known, s) && distance(s, near) == 1 {
		return allowed, "use " + show(cmp.Or(endpointAliases[near], near))
	}
	return "", ""
}

func checkRegistry(s string) (want, fix string) {
	const allowed = "a registry host with an optional port and path, without a scheme"
	if _, host, found := strings.Cut(s, "://"); found {
		host = strings.TrimRight(host, "/")
		if registryHost.MatchString(host) {
			return allowed, "use " + show(host)
		}
		return allowed, "remove the scheme"
	}
	if trimmed := strings.TrimRight(s, "/"); trimmed != s && registryHost.MatchString(trimmed) {
		return allowed, "use " + show(trimmed)
	}
	// The reference a/b is of Docker Hub unless a has a dot or a port.
	if host, _, _ := strings.Cut(s, "/"); !strings.ContainsAny(host, ".:") && host != "localhost" {
		return "a registry host with a dot or a port in its name", `use one like "registry.example.com"`
	}
	return "", ""
}

// withoutNAT checks that a cluster without a way to the internet has other ways
// to everything it needs: a missing one shows only after half an hour of
// deploying, as a node that never joins or an image that is never pulled.
func (v *validator) withoutNAT(e Environment, at string) {
	n, config := e.Network, v.platform.Config
	nat := at + ".network.nat"
	if n.NAT != NATNone || !v.ok(nat, root+".config.source") {
		return
	}
	if endpoints := at + ".network.interfaceEndpoints"; v.ok(endpoints) {
		var missing []string
		for _, service := range RequiredInterfaceEndpoints(config.Source) {
			if !slices.Contains(n.InterfaceEndpoints, service) {
				missing = append(missing, service)
			}
		}
		if len(missing) > 0 {
			v.add(endpoints, n.InterfaceEndpoints, `with nat "none" also `+all(missing), "add what is missing, or remove the key for all that a cluster needs")
		}
	}
	if mirror := at + ".flux.registryMirror"; v.ok(mirror, at+".region") {
		const want = `a registry of Amazon ECR beside nat "none", which cuts off ghcr.io`
		const fix = "make a pull-through cache for ghcr.io and give its host and prefix"
		m := ecrHost.FindStringSubmatch(e.Flux.RegistryMirror)
		switch {
		case e.Flux.RegistryMirror == "":
			v.add(mirror, nil, want, fix)
		case m == nil:
			v.add(mirror, e.Flux.RegistryMirror, want, fix)
		case e.Region != "" && m[2] != e.Region:
			v.add(mirror, e.Flux.RegistryMirror, "a registry of the environment's Region "+e.Region+`, because nat "none" cuts off the others`, fix)
		}
	}
	if url := root + ".config.url"; config.Source == ConfigSourceGit && v.ok(url) {
		host := hostOf(config.URL)
		for _, public := range publicGitHosts {
			if host == public || strings.HasSuffix(host, "."+public) {
				v.add(url, config.URL, `a host that can be reached with nat "none", as environment `+show(e.Name)+" has it",
					`use source "codecommit" or a host on your own network, or give the environment a NAT gateway`)
			}
		}
	}
	if delivery := v.platform.Delivery.Region; e.Region != "" && delivery != "" && e.Region != delivery && v.ok(at+".region", root+".delivery.region") {
		v.add(nat, n.NAT, "a NAT gateway, because the images are in another Region, "+delivery,
			"use "+show(NATSingle)+", or put delivery into the environment's Region")
	}
}
