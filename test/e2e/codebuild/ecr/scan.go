package ecr

import (
	"os"
	"path/filepath"
	"strings"
)

// Scan is what ECR says about an image that it has scanned.
type Scan struct {
	// Late: the first question about an image comes before its scan is there.
	Late bool
	// Status as ECR writes it. Default COMPLETE.
	Status string
	// Findings of the scan. Default none.
	Findings []Finding
}

// Finding is one of ECR's basic scan.
type Finding struct {
	// Name of the vulnerability, such as CVE-2026-0001.
	Name string
	// Severity is CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL or UNDEFINED.
	Severity string
	// Package that has it.
	Package string
}

// scanned answers in the words of DescribeImageScanFindings.
func (r *Registry) scanned(repository, digest string) (any, error) {
	if r.Scan.Late {
		// One file for each image that was asked about.
		asked := filepath.Join(r.Dir, "asked-"+strings.ReplaceAll(digest, ":", "-"))
		file, err := os.OpenFile(asked, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return nil, notScanned(repository, digest, file.Close())
		}
		if !os.IsExist(err) {
			return nil, err
		}
	}
	status := r.Scan.Status
	if status == "" {
		status = "COMPLETE"
	}
	findings := make([]map[string]any, 0, len(r.Scan.Findings))
	for _, f := range r.Scan.Findings {
		findings = append(findings, map[string]any{
			"name": f.Name, "severity": f.Severity, "uri": "https://example.invalid/" + f.Name,
			"attributes": []map[string]string{{"key": "package_name", "value": f.Package}},
		})
	}
	return map[string]any{
		"repositoryName":    repository,
		"imageId":           map[string]string{"imageDigest": digest},
		"imageScanStatus":   map[string]string{"status": status, "description": "The stand-in scanned nothing."},
		"imageScanFindings": map[string]any{"findings": findings, "imageScanCompletedAt": "2026-01-01T00:00:00+00:00"},
	}, nil
}

func notScanned(repository, digest string, err error) error {
	if err != nil {
		return err
	}
	return &Exception{scanNotFound, "Image scan does not exist for the image with '{imageDigest:'" + digest + "'}' in the repository with name '" + repository + "'"}
}
