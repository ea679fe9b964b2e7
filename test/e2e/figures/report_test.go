package figures

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	times := &Times{}
	require.True(t, math.IsNaN(times.Percentile(50)))
	for i := 20; i >= 1; i-- {
		times.Seconds = append(times.Seconds, float64(i))
	}
	require.Equal(t, 10.0, times.Percentile(50))
	require.Equal(t, 19.0, times.Percentile(95))
	require.Equal(t, 20.0, times.Percentile(100))
	require.Equal(t, 20.0, times.Seconds[0], "the samples keep their order")
}

func TestAReportIsReadAsItWasWritten(t *testing.T) {
	r := New()
	r.Time(Drift, 1234567*time.Microsecond)
	r.Sized(Scale{Objects: 200, Kustomizations: 1, Seconds: 3})
	r.Part("Deploy", 2*time.Second)
	file := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, r.Write(file))
	again, err := Read(file)
	require.NoError(t, err)
	require.Equal(t, r, again)
	require.Equal(t, []float64{1.235}, again.Times[Drift].Seconds)
}
