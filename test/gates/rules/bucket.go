package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// bucketRules are about S3 buckets.
// https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
var bucketRules = []rule{
	{"s3-encryption", each(bucketEncryption, "AWS::S3::Bucket")},
	{"s3-tls", each(bucketTLS, "AWS::S3::Bucket")},
	{"s3-ownership", each(bucketOwnership, "AWS::S3::Bucket")},
	{"s3-lifecycle", each(bucketLifecycle, "AWS::S3::Bucket")},
	{"s3-access-logs", each(bucketLogs, "AWS::S3::Bucket")},
	{"s3-acl", each(bucketACL, "AWS::S3::Bucket")},
	{"s3-auto-delete", each(autoDelete, "AWS::S3::Bucket")},
}

func bucketEncryption(v *review, r *assembly.Resource) {
	rules := assembly.List(r.Get("BucketEncryption", "ServerSideEncryptionConfiguration"))
	if len(rules) == 0 {
		v.wrong(r, "set BucketEncryption to aws:kms with the stack's key", "BucketEncryption is not set")
	}
	for _, rule := range rules {
		algorithm := v.text(r.Stack, at(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm"))
		key := at(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
		switch {
		case !slices.Contains([]string{"aws:kms", "aws:kms:dsse", "AES256"}, algorithm):
			v.wrong(r, "use aws:kms or AES256", "SSEAlgorithm is %s, want \"aws:kms\" or \"AES256\"", shown(algorithm))
		case algorithm == "AES256" && key != nil:
			v.wrong(r, "set SSEAlgorithm to aws:kms", "SSEAlgorithm is AES256 beside a key, S3 refuses that")
		case algorithm == "AES256" && !v.logDestination(r):
			v.wrong(r, "set SSEAlgorithm to aws:kms with the stack's key", "the bucket is not encrypted with the platform's key; only a bucket of access logs cannot be")
		case algorithm != "AES256" && key == nil:
			v.wrong(r, "set KMSMasterKeyID to the stack's key", "KMSMasterKeyID is not set: AWS's own key is used, which other accounts and services cannot be let in to")
		case algorithm != "AES256" && v.logDestination(r):
			v.wrong(r, "set SSEAlgorithm to AES256", "the bucket takes access logs, which S3 does not write with a key")
		}
	}
}

// logDestination says whether another bucket's access log goes there.
func (v *review) logDestination(bucket *assembly.Resource) bool {
	return slices.ContainsFunc(v.assembly.All("AWS::S3::Bucket"), func(r *assembly.Resource) bool {
		return v.target(r.Stack, r.Get("LoggingConfiguration", "DestinationBucketName")) == bucket
	})
}

// bucketPolicies are those of the bucket.
func (v *review) bucketPolicies(bucket *assembly.Resource) []*assembly.Resource {
	return slices.DeleteFunc(v.assembly.All("AWS::S3::BucketPolicy"), func(r *assembly.Resource) bool {
		return v.target(r.Stack, r.Get("Bucket")) != bucket
	})
}

// bucketTLS wants requests without TLS denied, for the bucket and its objects [S3.5].
func bucketTLS(v *review, r *assembly.Resource) {
	if !v.denied(r, func(condition any) bool {
		return v.text(r.Stack, at(condition, "Bool", "aws:SecureTransport")) == "false"
	}) {
		v.wrong(r, "deny s3:* to everybody where aws:SecureTransport is false, on the bucket and on its objects",
			"its policy does not deny requests without TLS [S3.5]")
	}
	if !v.denied(r, func(condition any) bool {
		least, ok := number(at(condition, "NumericLessThan", "s3:TlsVersion"))
		return ok && least >= 1.2 && least <= 1.3
	}) {
		v.wrong(r, "deny s3:* to everybody where s3:TlsVersion is less than 1.2, on the bucket and on its objects",
			"its policy does not deny requests with TLS older than 1.2")
	}
}

// denied says whether the bucket's policy denies everything to everybody under
// a condition of this kind.
func (v *review) denied(bucket *assembly.Resource, condition func(any) bool) bool {
	for _, policy := range v.bucketPolicies(bucket) {
		for _, statement := range statementsIn(policy.Get("PolicyDocument")) {
			everybody := at(statement, "Principal") == "*" || slices.Contains(v.texts(bucket.Stack, at(statement, "Principal", "AWS")), "*")
			if at(statement, "Effect") == "Deny" && everybody && condition(at(statement, "Condition")) &&
				slices.Contains(v.texts(bucket.Stack, at(statement, "Action")), "s3:*") && v.coversObjects(bucket, at(statement, "Resource")) {
				return true
			}
		}
	}
	return false
}

// coversObjects says whether the value has both the bucket and what is in it.
func (v *review) coversObjects(bucket *assembly.Resource, value any) bool {
	whole, objects := false, false
	for _, item := range assembly.List(value) {
		if v.target(bucket.Stack, item) == bucket {
			whole = true
		} else if v.refersTo(bucket.Stack, item, bucket) && strings.HasSuffix(v.text(bucket.Stack, item), "/*") {
			objects = true
		}
	}
	return whole && objects
}

func bucketOwnership(v *review, r *assembly.Resource) {
	for _, rule := range assembly.List(r.Get("OwnershipControls", "Rules")) {
		if at(rule, "ObjectOwnership") == "BucketOwnerEnforced" {
			return
		}
	}
	v.wrong(r, "set OwnershipControls to BucketOwnerEnforced", "access control lists are on: other accounts could own objects in the bucket [S3.12]")
}

func bucketLifecycle(v *review, r *assembly.Resource) {
	expires, aborts := false, false
	for _, rule := range assembly.List(r.Get("LifecycleConfiguration", "Rules")) {
		if status := v.text(r.Stack, at(rule, "Status")); status != "Enabled" {
			v.wrong(r, "set Status to Enabled", "a lifecycle rule has the status %s: it does nothing", shown(status))
			continue
		}
		aborts = aborts || at(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation") != nil
		if days, ok := number(at(rule, "ExpirationInDays")); ok {
			expires = true
			if days < 1 {
				v.wrong(r, "use 1 or more", "ExpirationInDays is %v, S3 takes 1 or more", days)
			}
		}
	}
	if !aborts {
		v.wrong(r, "add AbortIncompleteMultipartUpload to a lifecycle rule", "uploads that were broken off stay, unseen and billed")
	}
	if !expires {
		v.wrong(r, "add a lifecycle rule with ExpirationInDays", "nothing ever expires in the bucket, which holds artifacts or logs [S3.13]")
	}
}

// bucketLogs wants an access log, and its destination to take it [S3.9].
func bucketLogs(v *review, r *assembly.Resource) {
	if v.logDestination(r) {
		for _, policy := range v.bucketPolicies(r) {
			for _, statement := range statementsIn(policy.Get("PolicyDocument")) {
				if !v.allows(statement, "s3:PutObject") || !slices.Contains(v.texts(r.Stack, at(statement, "Principal", "Service")), "logging.s3.amazonaws.com") {
					continue
				}
				if at(statement, "Condition", "StringEquals", "aws:SourceAccount") == nil && at(statement, "Condition", "ArnLike", "aws:SourceArn") == nil {
					v.wrong(policy, "add conditions on aws:SourceAccount and aws:SourceArn", "any bucket of any account may have its access logs written here")
				}
				return
			}
		}
		v.wrong(r, "allow s3:PutObject to logging.s3.amazonaws.com", "S3 may not write the access logs that go to the bucket")
		return
	}
	value := r.Get("LoggingConfiguration", "DestinationBucketName")
	if target := v.target(r.Stack, value); value == nil || target == r || target != nil && target.Type != "AWS::S3::Bucket" {
		v.wrong(r, "set LoggingConfiguration.DestinationBucketName to the bucket of access logs", "the bucket's access log goes to %s, want another bucket", shown(v.text(r.Stack, value)))
	}
}

func bucketACL(v *review, r *assembly.Resource) {
	if acl := v.text(r.Stack, r.Get("AccessControl")); acl != "" && acl != "Private" {
		v.wrong(r, "remove AccessControl", "AccessControl is %s, want a bucket without access control lists", shown(acl))
	}
	if r.Get("WebsiteConfiguration") != nil {
		v.wrong(r, "remove WebsiteConfiguration", "the bucket is a public website")
	}
}

// autoDelete wants a bucket that goes with the stack to be emptied first, and
// one that stays never.
func autoDelete(v *review, r *assembly.Resource) {
	var emptied *assembly.Resource
	for _, custom := range v.assembly.All("Custom::S3AutoDeleteObjects") {
		if v.target(custom.Stack, custom.Get("BucketName")) == r {
			emptied = custom
		}
	}
	keeps := r.Body["DeletionPolicy"] != "Delete"
	switch {
	case emptied == nil && !keeps:
		v.wrong(r, "set AutoDeleteObjects on the bucket's construct", "the bucket is deleted with the stack, but not emptied: the deletion fails")
	case emptied != nil && keeps:
		v.wrong(r, "remove AutoDeleteObjects", "the bucket is retained, but %s empties it with the stack", emptied.LogicalID)
	}
	if emptied == nil {
		return
	}
	provider := v.target(emptied.Stack, emptied.Get("ServiceToken"))
	for _, policy := range v.bucketPolicies(r) {
		if provider != nil && !slices.ContainsFunc(statementsIn(policy.Get("PolicyDocument")), func(s any) bool {
			return v.allows(s, "s3:DeleteObject") && v.allows(s, "s3:ListBucket") && v.coversObjects(r, at(s, "Resource")) &&
				v.refersTo(policy.Stack, at(s, "Principal", "AWS"), v.target(provider.Stack, provider.Get("Role")))
		}) {
			v.wrong(policy, "allow s3:DeleteObject*, s3:GetBucket* and s3:List* to the role of "+provider.LogicalID, "the function that empties the bucket may not do so: the deletion fails")
		}
		if !after(emptied, policy) {
			v.wrong(emptied, "add DependsOn "+policy.LogicalID, "the bucket's policy %s may be deleted first: the emptying is then denied", policy.LogicalID)
		}
	}
	if _, ok := tag(r, "aws-cdk:auto-delete-objects"); !ok {
		v.wrong(r, "tag it with aws-cdk:auto-delete-objects = true", "the handler that empties buckets skips those without the tag aws-cdk:auto-delete-objects: the deletion fails")
	}
}
