package rules

const (
	bucket     = "AWS::S3::Bucket"
	repository = "AWS::ECR::Repository"
	key        = "AWS::KMS::Key"
	logGroup   = "AWS::Logs::LogGroup"
	policyText = "LifecyclePolicy.LifecyclePolicyText"
)

// everybody allows an action to everybody.
var everybody = map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}

var storageFaults = []fault{
	{"kms-rotation", "", key, set("EnableKeyRotation", false), "never change", ""},
	{"kms-enabled", "", key, set("Enabled", false), "disabled key", ""},
	{"kms-key-policy", "", key, set("KeyPolicy.Statement.0.Action", "kms:Decrypt"), "no administration", ""},
	{"kms-key-policy", "", key, set("KeyPolicy.Statement.0.Principal.AWS", "arn:aws:iam::999999999999:root"), "no administration", ""},
	{"kms-key-policy", "", key, set("KeyPolicy.Statement.0.Resource", "arn"), `the Resource "arn"`, ""},
	{"kms-pending-window", "", key, set("PendingWindowInDays", 3.0), "7 to 30", ""},
	{"kms-alias", "", "AWS::KMS::Alias", set("AliasName", "platform"), `AliasName is "platform"`, ""},
	{"kms-alias", "", "AWS::KMS::Alias", refTo("TargetKeyId", bucket, "", ""), "want a key", ""},
	{"kms-alias-missing", "", "AWS::KMS::Alias", drop, "no alias", key},
	{"kms-reference", "", "AWS::SNS::Topic", set("KmsMasterKeyId", nil), "KmsMasterKeyId is not set", ""},
	{"kms-reference", "", "AWS::SNS::Topic", set("KmsMasterKeyId", "alias/aws/sns"), "AWS's own key", ""},
	{"kms-reference", "", "AWS::CodePipeline::Pipeline", set("ArtifactStore.EncryptionKey", nil), "ArtifactStore.EncryptionKey.Id is not set", ""},
	{"kms-reference", "", "AWS::CodeBuild::Project", refTo("EncryptionKey", repository, "", "Arn"), "which is an AWS::ECR::Repository", ""},
	{"kms-key-events", "", key, set("KeyPolicy.Statement.1.Action", "kms:Decrypt"), "lost without a trace", ""},
	{"policy-open", "", key, set("KeyPolicy.Statement.1.Principal", map[string]any{"AWS": "*"}), "to everybody", ""},
	{"policy-open", "", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.0", everybody), "[s3:GetObject] to everybody", ""},
	{"s3-encryption", "", bucket, set("BucketEncryption", nil), "is not set", ""},
	{"s3-encryption", ":Artifacts/Bucket", bucket, set("BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault", map[string]any{"SSEAlgorithm": "AES256"}), "not encrypted with the platform's key", ""},
	{"s3-encryption", ":Artifacts/Bucket", bucket, set("BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm", "kms"), `SSEAlgorithm is "kms"`, ""},
	{"s3-public-access", "", bucket, set("PublicAccessBlockConfiguration.BlockPublicAcls", false), "BlockPublicAcls", ""},
	{"s3-public-access", "", bucket, set("PublicAccessBlockConfiguration", nil), "RestrictPublicBuckets", ""},
	{"s3-tls", ":Artifacts/Bucket/Policy", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.0.Effect", "Allow"), "without TLS", bucket + ":Artifacts/Bucket"},
	{"s3-tls", ":Artifacts/Bucket/Policy", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.1.Condition", nil), "older than 1.2", bucket + ":Artifacts/Bucket"},
	{"s3-ownership", "", bucket, set("OwnershipControls", nil), "access control lists", ""},
	{"s3-lifecycle", "", bucket, set("LifecycleConfiguration.Rules.0.Status", "Disabled"), "does nothing", ""},
	{"s3-lifecycle", "", bucket, set("LifecycleConfiguration", nil), "nothing ever expires", ""},
	{"s3-lifecycle", "", bucket, set("LifecycleConfiguration.Rules.0.AbortIncompleteMultipartUpload", nil), "broken off", ""},
	{"s3-access-logs", ":Artifacts/Bucket", bucket, set("LoggingConfiguration", nil), "goes to nothing", ""},
	{"s3-access-logs", "two-platforms:AccessLog/Policy", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.3.Principal.Service", "logs.amazonaws.com"), "may not write", bucket + ":AccessLog"},
	{"s3-access-logs", "two-platforms:AccessLog/Policy", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.3.Condition", nil), "any bucket of any account", ""},
	{"s3-acl", "", bucket, set("AccessControl", "PublicRead"), "PublicRead", ""},
	{"s3-acl", "", bucket, set("WebsiteConfiguration.IndexDocument", "index.html"), "public website", ""},
	{"s3-auto-delete", "two-platforms", "Custom::S3AutoDeleteObjects", drop, "but not emptied", bucket},
	{"s3-auto-delete", "two-platforms", "Custom::S3AutoDeleteObjects", loose, "then denied", ""},
	{"s3-auto-delete", "two-platforms", bucket, body("DeletionPolicy", "Retain"), "is retained, but", ""},
	{"s3-auto-delete", "two-platforms", bucket, set("Tags", []any{}), "without the tag", ""},
	{"s3-auto-delete", "two-platforms", "AWS::S3::BucketPolicy", set("PolicyDocument.Statement.2.Action", "s3:GetBucket*"), "may not do so", ""},
	{"ecr-scan", "", repository, set("ImageScanningConfiguration.ScanOnPush", false), "a scan that never comes", ""},
	{"ecr-encryption", "", repository, set("EncryptionConfiguration", nil), "platform's key", ""},
	{"ecr-immutable-tags", "", repository, set("ImageTagMutability", "MUTABLE"), "another image", ""},
	{"ecr-tag-exclusion", "", repository, set("ImageTagMutabilityExclusionFilters.0.ImageTagMutabilityExclusionFilterValue", "*"), "takes releases in", ""},
	{"ecr-tag-exclusion", "", repository, set("ImageTagMutability", "IMMUTABLE"), "with 1 exclusion filters", ""},
	{"ecr-deletion", "two-platforms", repository, set("EmptyOnDelete", false), "the deletion fails", ""},
	{"ecr-deletion", "prod-like", repository, set("EmptyOnDelete", true), "is retained", ""},
	{"ecr-writers", "prod-like", repository, set("RepositoryPolicyText.Statement.0.Action", []any{"ecr:BatchGetImage", "ecr:PutImage"}), "allows \"ecr:PutImage\"", ""},
	{"ecr-readers", "prod-like", repository, set("RepositoryPolicyText", nil), "in the account 222222222222, which may not pull", ""},
	{"ecr-lifecycle", "", repository, set("LifecyclePolicy", nil), "pile up", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"tagPrefixList":["2"]`, `"tagPrefixList":["v"]`), "no lifecycle rule is for releases", ""},
	{"ecr-lifecycle", "", repository, set(policyText, "{rules"), "is no lifecycle policy", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"rulePriority":2`, `"rulePriority":1`), "want one of its own", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"tagPrefixList":["2"],`, ``), "names no tags", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"tagStatus":"untagged"`, `"tagStatus":"any"`), "is not the last", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"countType":"imageCountMoreThan","countNumber":50`, `"countType":"sinceImagePushed","countUnit":"days","countNumber":50`), "the image that runs goes", ""},
	{"ecr-lifecycle", "two-platforms", repository, replaced(policyText, `"countNumber":50`, `"countNumber":0`), "takes 1 or more", ""},
	{"ecr-lifecycle", "", repository, replaced(policyText, `"type":"expire"`, `"type":"delete"`), `the action "delete"`, ""},
	{"ecr-lifecycle", "", repository, replaced(policyText, `"countUnit":"days"`, `"countUnit":"hours"`), `the countUnit "hours"`, ""},
	{"log-retention", "", logGroup, set("RetentionInDays", nil), "never expires", ""},
	{"log-retention", "", logGroup, set("RetentionInDays", 45.0), "RetentionInDays is 45", ""},
	{"log-group-declared", "", "AWS::Lambda::Function", set("LoggingConfig", nil), "want a declared log group", ""},
	{"log-group-declared", "", "AWS::CodeBuild::Project", set("LogsConfig.CloudWatchLogs.GroupName", "builds"), "want a declared log group", ""},
	{"removal-policy", "", logGroup, body("DeletionPolicy", nil), "DeletionPolicy is nothing", ""},
	{"removal-policy", "two-platforms", logGroup, body("UpdateReplacePolicy", "Retain"), "treats data otherwise", ""},
	{"removal-policy", "", "AWS::SNS::Topic", both(body("DeletionPolicy", "Keep"), body("UpdateReplacePolicy", "Keep")), "is Keep", ""},
	{"removal-consistent", "prod-like:prod-", key, body("DeletionPolicy", "Delete"), "most data of the stack is retained", ""},
}
