package validate

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// limit is what AWS refuses although the property's schema allows it.
type limit struct {
	kind string
	// path of names; a list on the way stands for each of its elements.
	path []string
	// want says what is allowed; ok gets a text or a number as text.
	want string
	ok   func(text string) bool
}

// limitTable has its facts from the API reference of each service.
var limitTable = []limit{
	{"AWS::Lambda::Function", []string{"Timeout"}, "1 to 900 seconds", between(1, 900)},
	{"AWS::Lambda::Function", []string{"EphemeralStorage", "Size"}, "512 to 10240 MiB", between(512, 10240)},
	{"AWS::CodeBuild::Project", []string{"TimeoutInMinutes"}, "5 to 2160 minutes", between(5, 2160)},
	{"AWS::CodeBuild::Project", []string{"QueuedTimeoutInMinutes"}, "5 to 480 minutes", between(5, 480)},
	{"AWS::CodeBuild::Project", []string{"Environment", "ComputeType"}, "BUILD_GENERAL1_SMALL, _MEDIUM, _LARGE, _XLARGE, _2XLARGE, BUILD_LAMBDA_1GB to _10GB, ATTRIBUTE_BASED_COMPUTE or CUSTOM_INSTANCE_TYPE",
		matches(`^(BUILD_GENERAL1_(SMALL|MEDIUM|LARGE|XLARGE|2XLARGE)|BUILD_LAMBDA_(1|2|4|8|10)GB|ATTRIBUTE_BASED_COMPUTE|CUSTOM_INSTANCE_TYPE)$`)},
	{"AWS::CodeBuild::Project", []string{"Environment", "Type"}, "LINUX_CONTAINER, ARM_CONTAINER, LINUX_GPU_CONTAINER, LINUX_EC2, ARM_EC2, LINUX_LAMBDA_CONTAINER, ARM_LAMBDA_CONTAINER, a WINDOWS_ type or MAC_ARM",
		matches(`^((LINUX|ARM)(_LAMBDA)?_CONTAINER|LINUX_GPU_CONTAINER|(LINUX|ARM|WINDOWS)_EC2|WINDOWS_(CONTAINER|SERVER_20(19|22)_CONTAINER)|MAC_ARM)$`)},
	{"AWS::CodeBuild::Project", []string{"Environment", "EnvironmentVariables", "Name"}, "a name of letters, digits and _ that does not begin with CODEBUILD_",
		func(s string) bool {
			return matches(`^[A-Za-z_][A-Za-z0-9_]*$`)(s) && !strings.HasPrefix(s, "CODEBUILD_")
		}},
	{"AWS::CodeBuild::Project", []string{"Environment", "EnvironmentVariables", "Type"}, "PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER", matches(`^(PLAINTEXT|PARAMETER_STORE|SECRETS_MANAGER)$`)},
	{"AWS::CodeBuild::Project", []string{"Name"}, "2 to 150 of letters, digits, - and _", matches(`^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$`)},
	{"AWS::CodePipeline::Pipeline", []string{"Name"}, "1 to 100 of letters, digits and . @ - _", matches(`^[A-Za-z0-9.@_-]{1,100}$`)},
	{"AWS::CodePipeline::Pipeline", []string{"PipelineType"}, "V1 or V2", matches(`^V[12]$`)},
	{"AWS::CodeCommit::Repository", []string{"RepositoryName"}, "1 to 100 of letters, digits and . _ -, not ending with .git",
		func(s string) bool { return matches(`^[A-Za-z0-9._-]{1,100}$`)(s) && !strings.HasSuffix(s, ".git") }},
	{"AWS::ECR::Repository", []string{"LifecyclePolicy", "LifecyclePolicyText"}, "a JSON document with rules", lifecycle},
	{"AWS::EC2::VPC", []string{"CidrBlock"}, "an IPv4 CIDR of /16 to /28", cidr(16, 28)},
	{"AWS::EC2::Subnet", []string{"CidrBlock"}, "an IPv4 CIDR of /16 to /28", cidr(16, 28)},
	{"AWS::EC2::Route", []string{"DestinationCidrBlock"}, "an IPv4 CIDR", cidr(0, 32)},
	{"AWS::EKS::Cluster", []string{"Name"}, "1 to 100 of letters, digits, - and _", matches(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)},
	{"AWS::EKS::Cluster", []string{"Version"}, "a minor version, such as 1.36", matches(`^1\.\d\d$`)},
	{"AWS::EKS::Cluster", []string{"ResourcesVpcConfig", "PublicAccessCidrs"}, "IPv4 CIDRs", cidr(0, 32)},
	{"AWS::EKS::PodIdentityAssociation", []string{"Namespace"}, "a name of Kubernetes: a-z, 0-9 and -", matches(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)},
	{"AWS::EKS::PodIdentityAssociation", []string{"ServiceAccount"}, "a name of Kubernetes: a-z, 0-9, . and -", matches(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)},
	{"AWS::Events::Rule", []string{"State"}, "ENABLED, DISABLED or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", matches(`^(ENABLED|DISABLED|ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS)$`)},
	{"AWS::IAM::Role", []string{"MaxSessionDuration"}, "3600 to 43200 seconds", between(3600, 43200)},
	{"AWS::IAM::Role", []string{"RoleName"}, "1 to 64 of letters, digits and + = , . @ _ -", matches(`^[\w+=,.@-]{1,64}$`)},
	{"AWS::IAM::OIDCProvider", []string{"Url"}, "an https:// URL", matches(`^https://[^/\s]+`)},
	{"AWS::KMS::Alias", []string{"AliasName"}, "alias/ and a name that does not begin with aws/", matches(`^alias/([^a]|a[^w]|aw[^s]|aws[^/]).*$`)},
	{"AWS::Logs::LogGroup", []string{"LogGroupName"}, "1 to 512 of letters, digits and . - _ / #", matches(`^[.\-_/#A-Za-z0-9]{1,512}$`)},
	{"AWS::S3::Bucket", []string{"BucketName"}, "3 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit, no IP address",
		func(s string) bool {
			_, err := netip.ParseAddr(s)
			return err != nil && matches(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)(s) && !strings.Contains(s, "..")
		}},
	{"AWS::SNS::Topic", []string{"TopicName"}, "1 to 256 of letters, digits, - and _", matches(`^[A-Za-z0-9_-]{1,256}(\.fifo)?$`)},
	{"AWS::SNS::Subscription", []string{"Protocol"}, "application, email, email-json, firehose, http, https, lambda, sms or sqs", matches(`^(application|email(-json)?|firehose|https?|lambda|sms|sqs)$`)},
}

// limits looks at literals: what a function gives is known at deployment only.
func limits(a *assembly.Assembly) (found []finding.Finding) {
	for _, one := range limitTable {
		for _, r := range a.All(one.kind) {
			eachAt(r.Properties, one.path, func(value any) {
				text, literal := literalText(value)
				if literal && !one.ok(text) {
					found = append(found, at(r, "limit",
						fmt.Sprintf("%s of %s is %q, want %s", strings.Join(one.path, "."), r.Type, text, one.want), "set "+strings.Join(one.path, ".")+" to an allowed value"))
				}
			})
		}
	}
	return found
}

// eachAt visits the values at the path, each element of a list by itself.
func eachAt(value any, path []string, visit func(any)) {
	if items, ok := value.([]any); ok {
		for _, item := range items {
			eachAt(item, path, visit)
		}
		return
	}
	if len(path) == 0 {
		if value != nil {
			visit(value)
		}
		return
	}
	if object, ok := value.(map[string]any); ok {
		eachAt(object[path[0]], path[1:], visit)
	}
}

func literalText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	}
	return "", false
}

func between(least, most int) func(string) bool {
	return func(text string) bool {
		number, err := strconv.Atoi(text)
		return err == nil && number >= least && number <= most
	}
}

func matches(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

func cidr(least, most int) func(string) bool {
	return func(text string) bool {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Addr().Is4() && prefix.Bits() >= least && prefix.Bits() <= most && prefix == prefix.Masked()
	}
}

func email(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func lifecycle(text string) bool {
	var policy struct {
		Rules []struct {
			RulePriority int            `json:"rulePriority"`
			Selection    map[string]any `json:"selection"`
			Action       struct {
				Type string `json:"type"`
			} `json:"action"`
		} `json:"rules"`
	}
	if json.Unmarshal([]byte(text), &policy) != nil || len(policy.Rules) == 0 {
		return false
	}
	seen := map[int]bool{}
	for _, rule := range policy.Rules {
		if rule.RulePriority < 1 || seen[rule.RulePriority] || rule.Action.Type == "" ||
			!slices.Contains([]any{"tagged", "untagged", "any"}, rule.Selection["tagStatus"]) {
			return false
		}
		seen[rule.RulePriority] = true
	}
	return true
}
