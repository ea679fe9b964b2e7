package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	// artifactDays is long enough to run a pipeline again on last month's commit.
	artifactDays = 30
	// accessLogDays is what an inquiry after an incident usually asks for.
	accessLogDays = 90
)

// NewArtifacts makes the bucket that pipelines carry their sources in, and the
// bucket of its access log. CodePipeline's own would be kept for ever.
func NewArtifacts(scope constructs.Construct, id string, key awskms.IKey, removal awscdk.RemovalPolicy) awss3.Bucket {
	this := constructs.NewConstruct(scope, jsii.String(id))
	accessLog := newBucket(this, "AccessLog", removal, accessLogDays, &awss3.BucketProps{
		Encryption: awss3.BucketEncryption_S3_MANAGED, // S3 does not deliver its logs under a key of the customer
	})
	return newBucket(this, "Bucket", removal, artifactDays, &awss3.BucketProps{
		Encryption:             awss3.BucketEncryption_KMS,
		EncryptionKey:          key,
		BucketKeyEnabled:       jsii.Bool(true),
		ServerAccessLogsBucket: accessLog,
	})
}

// newBucket adds to props what every bucket here has: no public access, TLS
// only, an end to each object, and an end to all with the stack.
func newBucket(scope constructs.Construct, id string, removal awscdk.RemovalPolicy, days int, props *awss3.BucketProps) awss3.Bucket {
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.EnforceSSL = jsii.Bool(true)
	props.MinimumTLSVersion = jsii.Number(1.2)
	props.RemovalPolicy = removal
	props.AutoDeleteObjects = jsii.Bool(removal == awscdk.RemovalPolicy_DESTROY)
	props.LifecycleRules = &[]*awss3.LifecycleRule{{
		Expiration:                          awscdk.Duration_Days(jsii.Number(days)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
	}}
	return awss3.NewBucket(scope, jsii.String(id), props)
}
