package constructs

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	// cacheTag begins the tags of BuildKit's cache, the only ones that may be overwritten.
	cacheTag = "cache"
	// untaggedDays is how long a build that failed its scan can be looked at.
	untaggedDays = 7
	// releasePrefix begins the tags of releases: they start with the year.
	releasePrefix = "2"
)

// ReadImages are the actions that find an image's tags and pull it. Across
// accounts they have to be allowed on both sides, so both take this list. The
// images' key is not among it: Amazon ECR decrypts by a grant that it has itself.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
var ReadImages = []string{
	"ecr:ListImages", "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability",
}

// RegistryProps configures [NewRegistry].
type RegistryProps struct {
	// Name of the repository. Required.
	Name string
	// KeepImages is how many released images outlive a lifecycle run. Default: all,
	// since nothing here knows which of them an environment runs.
	KeepImages int
	// Key encrypts the images. Required.
	Key awskms.IKey
	// PullAccounts are further AWS accounts that may look for images and pull them.
	PullAccounts []string
	// RemovalPolicy of the repository; destroy takes the images along. Required.
	RemovalPolicy awscdk.RemovalPolicy
}

// NewRegistry makes an ECR repository whose images cannot be overwritten and
// are scanned as they arrive.
func NewRegistry(scope constructs.Construct, id string, props *RegistryProps) awsecr.Repository {
	must(scope, id, props.validate()...)
	repository := awsecr.NewRepository(scope, jsii.String(id), &awsecr.RepositoryProps{
		RepositoryName:     jsii.String(props.Name),
		ImageScanOnPush:    jsii.Bool(true),
		ImageTagMutability: awsecr.TagMutability_IMMUTABLE_WITH_EXCLUSION,
		ImageTagMutabilityExclusionFilters: &[]awsecr.ImageTagMutabilityExclusionFilter{
			awsecr.ImageTagMutabilityExclusionFilter_Wildcard(jsii.String(cacheTag + "*")),
		},
		Encryption:     awsecr.RepositoryEncryption_KMS(),
		EncryptionKey:  props.Key,
		LifecycleRules: props.lifecycle(),
		RemovalPolicy:  props.RemovalPolicy,
		EmptyOnDelete:  jsii.Bool(props.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
	})
	for _, account := range props.PullAccounts {
		repository.Grant(awsiam.NewAccountPrincipal(jsii.String(account)), *jsii.Strings(ReadImages...)...)
	}
	return repository
}

// lifecycle lets nothing go that has a tag, unless a number is asked for. The
// images of a manifest list have none; Amazon ECR keeps them for as long as the list.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func (p *RegistryProps) lifecycle() *[]*awsecr.LifecycleRule {
	rules := []*awsecr.LifecycleRule{{
		RulePriority: jsii.Number(1),
		Description:  jsii.Sprintf("untagged images go after %d days", untaggedDays),
		TagStatus:    awsecr.TagStatus_UNTAGGED,
		MaxImageAge:  awscdk.Duration_Days(jsii.Number(untaggedDays)),
	}}
	if p.KeepImages > 0 {
		rules = append(rules, &awsecr.LifecycleRule{
			RulePriority:  jsii.Number(2),
			Description:   jsii.Sprintf("the newest %d releases stay", p.KeepImages),
			TagStatus:     awsecr.TagStatus_TAGGED,
			TagPrefixList: jsii.Strings(releasePrefix),
			MaxImageCount: jsii.Number(p.KeepImages),
		})
	}
	return &rules
}

// repositoryName is what ECR takes.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
var repositoryName = regexp.MustCompile(`^[a-z][a-z0-9]*([._/-][a-z0-9]+)*$`)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func (p *RegistryProps) validate() (problems []error) {
	if len(p.Name) < 2 || len(p.Name) > 256 || !repositoryName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("name must have 2 to 256 characters of a-z, 0-9, '-', '.', '_' and '/', starting with a letter, got %q", p.Name))
	}
	for _, account := range p.PullAccounts {
		if !*awscdk.Token_IsUnresolved(account) && !accountID.MatchString(account) {
			problems = append(problems, fmt.Errorf("an account that may pull has 12 digits, got %q", account))
		}
	}
	if p.KeepImages < 0 {
		problems = append(problems, fmt.Errorf("the registry must keep at least 1 image, or 0 for all, got %d", p.KeepImages))
	}
	return problems
}
