// Package cloudassembly reads the index of a cloud assembly, the folder that
// `cdk synth` writes: which stacks and assets there are. The templates are for
// the caller to read, as strictly as it needs. It imports nothing of the CDK,
// so that the modules below test/ can use it.
package cloudassembly

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Manifest is the index of an assembly.
type Manifest struct {
	// Dir is the folder, absolute.
	Dir string
	// Stacks, ordered by id.
	Stacks []Stack
	// Assets are the files and folders to upload, ordered by path.
	Assets []Asset
	// Images are the asset manifests, by id, that list container images.
	Images []string
	// Missing are the keys of the context that was not there: the templates
	// have placeholders.
	Missing []string
	// Others are the types of all other artifacts, by their ids.
	Others map[string]string
}

// Stack is an entry of the index, without its template.
type Stack struct {
	// ID is the name in the assembly, Name the one in CloudFormation.
	ID, Name string
	// Account and Region; empty when the assembly leaves them open.
	Account, Region string
	// File is the template's path, absolute.
	File string
	// DependsOn are the ids of the stacks that are deployed before, sorted.
	DependsOn []string
}

// Asset is a file or a folder that a deployment uploads.
type Asset struct {
	// Path is absolute.
	Path string
	// ObjectKey is the name in the Bucket of assets; templates refer to both. The
	// bucket's name has ${AWS::AccountId} and ${AWS::Region} where they are open.
	ObjectKey, Bucket string
}

// The types of the artifacts in manifest.json.
const (
	stackArtifact  = "aws:cloudformation:stack"
	assetsArtifact = "cdk:asset-manifest"
)

type index struct {
	Artifacts map[string]struct {
		Type         string   `json:"type"`
		Environment  string   `json:"environment"`
		Dependencies []string `json:"dependencies"`
		Properties   struct {
			TemplateFile string `json:"templateFile"`
			StackName    string `json:"stackName"`
			File         string `json:"file"`
		} `json:"properties"`
	} `json:"artifacts"`
	Missing []struct {
		Key string `json:"key"`
	} `json:"missing"`
}

// Read reads the index of the folder dir.
func Read(dir string) (*Manifest, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var in index
	if err := ReadJSON(filepath.Join(dir, "manifest.json"), &in); err != nil {
		return nil, err
	}
	m := &Manifest{Dir: dir, Others: map[string]string{}}
	for _, missing := range in.Missing {
		m.Missing = append(m.Missing, missing.Key)
	}
	for id, artifact := range in.Artifacts {
		switch artifact.Type {
		case stackArtifact:
			stack := Stack{ID: id, Name: artifact.Properties.StackName, File: filepath.Join(dir, artifact.Properties.TemplateFile)}
			if stack.Name == "" {
				stack.Name = id
			}
			stack.Account, stack.Region = place(artifact.Environment)
			for _, dependency := range artifact.Dependencies {
				if in.Artifacts[dependency].Type == stackArtifact { // the others are assets
					stack.DependsOn = append(stack.DependsOn, dependency)
				}
			}
			slices.Sort(stack.DependsOn)
			m.Stacks = append(m.Stacks, stack)
		case assetsArtifact:
			if err := m.readAssets(id, artifact.Properties.File); err != nil {
				return nil, fmt.Errorf("read assets %s: %w", id, err)
			}
		default:
			m.Others[id] = artifact.Type
		}
	}
	slices.SortFunc(m.Stacks, func(x, y Stack) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(m.Assets, func(x, y Asset) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.ObjectKey, y.ObjectKey), strings.Compare(x.Bucket, y.Bucket))
	})
	m.Assets = slices.Compact(m.Assets)
	slices.Sort(m.Images)
	return m, nil
}

func (m *Manifest) readAssets(id, file string) error {
	var content struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
			Destinations map[string]struct {
				ObjectKey  string `json:"objectKey"`
				BucketName string `json:"bucketName"`
			} `json:"destinations"`
		} `json:"files"`
		DockerImages map[string]any `json:"dockerImages"`
	}
	if err := ReadJSON(filepath.Join(m.Dir, file), &content); err != nil {
		return err
	}
	if len(content.DockerImages) > 0 {
		m.Images = append(m.Images, id)
	}
	for _, asset := range content.Files {
		for _, destination := range asset.Destinations {
			m.Assets = append(m.Assets, Asset{Path: filepath.Join(m.Dir, asset.Source.Path), ObjectKey: destination.ObjectKey, Bucket: destination.BucketName})
		}
	}
	return nil
}

// place parses an environment, aws://account/region.
func place(environment string) (account, region string) {
	account, region, _ = strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	if account == "unknown-account" {
		account = ""
	}
	if region == "unknown-region" {
		region = ""
	}
	return account, region
}

// ReadJSON reads a file; its name is in the error.
func ReadJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
