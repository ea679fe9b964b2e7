package replay

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// tools are what the handler runs, by the places that it expects below /opt.
var tools = []string{"kubectl/kubectl", "helm/helm"}

// unpackTools unpacks kubectl and helm of the function's layers into a cache,
// once, and answers their folders. The AWS CLI of the other layer stays where
// it is: a stand-in takes its place.
func (f *function) unpackTools(cache string) (folders []string, err error) {
	for _, tool := range tools {
		path, err := f.unpack(cache, tool)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", tool, err)
		}
		folders = append(folders, filepath.Dir(path))
		if _, err := os.Stat("/opt/" + tool); err == nil {
			return nil, fmt.Errorf("/opt/%s exists on this machine, and the handler would run it instead of the layer's", tool)
		}
	}
	return folders, nil
}

func (f *function) unpack(cache, tool string) (string, error) {
	for _, layer := range f.layers {
		path := filepath.Join(cache, "layer-"+hash(layer), filepath.FromSlash(tool))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		err := extract(layer, tool, path)
		if !errors.Is(err, errNotInLayer) {
			return path, err
		}
	}
	return "", fmt.Errorf("none of the layers has it: %s", strings.Join(f.layers, ", "))
}

// hash is the asset's, which CDK writes into the name of its file.
func hash(layer string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(layer), "asset."), ".zip")[:16]
}

var errNotInLayer = errors.New("not in the layer")

// extract writes to a file of its own first: two runs may unpack side by side.
func extract(layer, tool, path string) error {
	archive, err := zip.OpenReader(layer)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	file, err := archive.Open(tool)
	if errors.Is(err, os.ErrNotExist) {
		return errNotInLayer
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), "part-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // it is gone when all went well
	_, err = io.Copy(part, file)
	if err := errors.Join(err, part.Chmod(0o755), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
