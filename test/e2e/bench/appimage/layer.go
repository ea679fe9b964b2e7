package appimage

import (
	"archive/tar"
	"bytes"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layerOf holds the program alone. It is not compressed: it goes from this
// machine to this machine, and compressing would take longer than compiling.
func layerOf(text []byte) (v1.Layer, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: program, Mode: 0o755, Size: int64(len(text))}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	_, err := w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return static.NewLayer(archive.Bytes(), types.OCIUncompressedLayer), nil
}
