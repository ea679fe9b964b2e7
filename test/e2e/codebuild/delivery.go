package codebuild

import (
	"fmt"
	"path/filepath"
	"strings"

	"gitops-eks/test/cloudassembly"
	"gitops-eks/test/e2e/codebuild/ecr"
)

// Delivery is what a synthesized app stack says about builds.
type Delivery struct {
	Pipelines []*Pipeline

	file string
	// seeds are the objects that new repositories are made of, by repository.
	seeds        map[string]string
	host         string
	repositories map[string]ecr.Repository
}

// Read reads the template of an app stack. What a build would be given and
// the stand-ins do not know is an error.
func Read(file string, values Values) (*Delivery, error) {
	t, err := readTemplate(file, values)
	if err != nil {
		return nil, err
	}
	d := &Delivery{
		file: file, seeds: map[string]string{}, repositories: map[string]ecr.Repository{},
		host: fmt.Sprintf("%s.dkr.ecr.%s.%s", t.Account, t.Region, suffix),
	}
	for _, id := range t.all(typePipeline) {
		pipeline, err := t.pipeline(id)
		if err != nil {
			return nil, err
		}
		d.Pipelines = append(d.Pipelines, pipeline)
	}
	for _, id := range t.all(typeRegistry) {
		if err := d.addRegistry(t, id); err != nil {
			return nil, err
		}
	}
	return d, d.readSeeds(t)
}

func (d *Delivery) addRegistry(t *template, id string) error {
	var properties struct {
		RepositoryName, ImageTagMutability string
		ImageTagMutabilityExclusionFilters []struct{ ImageTagMutabilityExclusionFilterType, ImageTagMutabilityExclusionFilterValue string }
	}
	for property, value := range map[string]any{
		"RepositoryName": &properties.RepositoryName, "ImageTagMutability": &properties.ImageTagMutability,
		"ImageTagMutabilityExclusionFilters": &properties.ImageTagMutabilityExclusionFilters,
	} {
		if err := t.decode(id, property, value); err != nil {
			return err
		}
	}
	var made ecr.Repository
	switch properties.ImageTagMutability {
	case "", "MUTABLE":
	case "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION":
		made.Immutable = true
	default:
		return fmt.Errorf("%s: the stand-in does not know the mutability %s", id, properties.ImageTagMutability)
	}
	for _, filter := range properties.ImageTagMutabilityExclusionFilters {
		made.Mutable = append(made.Mutable, filter.ImageTagMutabilityExclusionFilterValue)
	}
	d.repositories[properties.RepositoryName] = made
	return nil
}

func (d *Delivery) readSeeds(t *template) error {
	for _, id := range t.all(typeRepository) {
		var name string
		if err := t.decode(id, "RepositoryName", &name); err != nil {
			return err
		}
		if code, ok := t.Resources[id].Properties["Code"].(map[string]any); ok {
			at, _ := code["S3"].(map[string]any)
			if d.seeds[name], ok = at["Key"].(string); !ok {
				return fmt.Errorf("%s: the stand-in does not know the code %v", id, code)
			}
		}
	}
	return nil
}

// Pipeline of this name.
func (d *Delivery) Pipeline(name string) (*Pipeline, error) {
	for _, p := range d.Pipelines {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s has no pipeline %s", d.file, name)
}

// Seed is the folder that CodeCommit makes a new repository of, in the
// assembly that the template is from.
func (d *Delivery) Seed(repository string) (string, error) {
	key := d.seeds[repository]
	if key == "" {
		return "", fmt.Errorf("the repository %s starts empty", repository)
	}
	file := strings.TrimSuffix(d.file, ".template.json") + ".assets.json"
	var assets struct {
		Files map[string]struct {
			Source       struct{ Path string }
			Destinations map[string]struct{ ObjectKey string }
		}
	}
	if err := cloudassembly.ReadJSON(file, &assets); err != nil {
		return "", err
	}
	for _, asset := range assets.Files {
		for _, destination := range asset.Destinations {
			if destination.ObjectKey == key {
				return filepath.Join(filepath.Dir(file), asset.Source.Path), nil
			}
		}
	}
	return "", fmt.Errorf("%s has no asset %s, the seed of %s", file, key, repository)
}
