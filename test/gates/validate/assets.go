package validate

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

var (
	assetBucket = regexp.MustCompile(`cdk-[a-z0-9]+-assets-`)
	assetPlace  = regexp.MustCompile(`^cdk-[a-z0-9]+-assets-(\d{12})-([a-z0-9-]+)$`)
)

// location is where a template looks for an uploaded file.
type location struct{ bucket, key string }

// locations are all in the value: objects with a bucket and a key, whatever
// the property calls them.
func locations(value any) (found []location) {
	walk(value, "", func(_ string, value any) {
		object, _ := value.(map[string]any)
		for _, names := range [][2]string{{"S3Bucket", "S3Key"}, {"Bucket", "Key"}} {
			bucket := bucketName(object[names[0]])
			if key, ok := object[names[1]].(string); ok && assetBucket.MatchString(bucket) {
				found = append(found, location{bucket, key})
			}
		}
	})
	return found
}

func bucketName(value any) string {
	if _, argument := function(value); argument != nil {
		value = argument
	}
	text, _ := value.(string)
	return text
}

// assetKeys finds files that a template expects and no deployment uploads.
func assetKeys(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All() {
		for _, wanted := range locations(r.Properties) {
			var buckets []string
			for _, asset := range a.Assets {
				if asset.ObjectKey == wanted.key {
					buckets = append(buckets, asset.Bucket)
				}
			}
			place := assetPlace.FindStringSubmatch(wanted.bucket)
			switch {
			case len(buckets) == 0:
				found = append(found, at(r, "asset-missing",
					fmt.Sprintf("the template takes %s from the bucket of assets, but no asset manifest uploads it", wanted.key), "synthesize again; the key is the hash of an asset"))
			case !slices.Contains(buckets, wanted.bucket):
				found = append(found, at(r, "asset-bucket",
					fmt.Sprintf("the template takes a file from %s, but it is uploaded to %s", wanted.bucket, strings.Join(buckets, ", ")),
					"take it from the bucket of the stack's own bootstrap, account and Region"))
			case place != nil && r.Stack.Region != "" && (place[1] != r.Stack.Account || place[2] != r.Stack.Region):
				found = append(found, at(r, "asset-bucket",
					fmt.Sprintf("the template takes a file from %s, but the stack is in account %s, %s", wanted.bucket, r.Stack.Account, r.Stack.Region),
					"take it from the bucket of the stack's own account and Region"))
			}
		}
	}
	return found
}

// assetFiles finds files that are empty, and archives that cannot be opened.
func assetFiles(a *assembly.Assembly) (found []finding.Finding) {
	for _, asset := range a.Assets {
		if problem := broken(asset.Path); problem != "" {
			name, err := filepath.Rel(a.Dir, asset.Path)
			if err != nil {
				name = asset.Path
			}
			found = append(found, finding.Finding{
				Rule: "asset-file", Severity: finding.Error, Path: name,
				Problem: "the asset " + problem, Fix: "synthesize again, from a complete checkout",
			})
		}
	}
	return found
}

func broken(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Sprintf("cannot be read: %v", err)
	}
	if info.IsDir() {
		if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 {
			return "is an empty folder"
		}
		return ""
	}
	if info.Size() == 0 {
		return "is an empty file"
	}
	if strings.HasSuffix(path, ".zip") {
		archive, err := zip.OpenReader(path)
		if err != nil {
			return fmt.Sprintf("is no ZIP archive: %v", err)
		}
		defer func() { _ = archive.Close() }()
		if len(archive.File) == 0 {
			return "is an archive without a file"
		}
	}
	return ""
}
