package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RepositoryProps configures [NewRepository].
type RepositoryProps struct {
	// Name of the repository. Required.
	Name, Description string
	// SeedDir becomes the first commit on SeedBranch. Default: the repository starts
	// empty. CodeCommit looks at it only when it makes the repository: later
	// changes of the folder never touch what has been pushed since.
	SeedDir, SeedBranch string
	// RemovalPolicy of the repository. Required.
	RemovalPolicy awscdk.RemovalPolicy
}

// notSeeded never belongs into a repository.
var notSeeded = []string{".git", ".DS_Store", "*.swp", "node_modules"}

// Repository is a CodeCommit repository.
type Repository struct {
	// Repository goes by its name alone: ARN and URL follow from that, so that
	// policies and triggers do not wait for the repository.
	Repository awscodecommit.IRepository
	// Resource is what waits for the repository depends on.
	Resource awscodecommit.CfnRepository
}

// NewRepository makes a CodeCommit repository.
func NewRepository(scope constructs.Construct, id string, props *RepositoryProps) *Repository {
	this := constructs.NewConstruct(scope, jsii.String(id))
	repository := &awscodecommit.RepositoryProps{
		RepositoryName: jsii.String(props.Name),
		Description:    jsii.String(props.Description),
	}
	if props.SeedDir != "" {
		seed := awss3assets.NewAsset(this, jsii.String("Seed"), &awss3assets.AssetProps{
			Path:    jsii.String(props.SeedDir),
			Exclude: jsii.Strings(notSeeded...),
		})
		repository.Code = awscodecommit.Code_FromAsset(seed, jsii.String(props.SeedBranch))
	}
	made := awscodecommit.NewRepository(this, jsii.String("Repository"), repository)
	made.ApplyRemovalPolicy(props.RemovalPolicy)
	return &Repository{
		Repository: awscodecommit.Repository_FromRepositoryName(this, jsii.String("Named"), jsii.String(props.Name)),
		Resource:   made.Node().DefaultChild().(awscodecommit.CfnRepository),
	}
}
