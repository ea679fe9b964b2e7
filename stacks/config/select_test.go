package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSelect(t *testing.T) {
	p, err := Parse([]byte(full))
	require.NoError(t, err)

	all, err := p.Select("")
	require.NoError(t, err)
	require.Equal(t, p, all)

	prod, err := p.Select("prod")
	require.NoError(t, err)
	require.Equal(t, p.Environments[1:], prod.Environments)
	require.Equal(t, p.Delivery, prod.Delivery)
	require.NoError(t, prod.Validate())
	require.Len(t, p.Environments, 2, "the original keeps its environments")
	require.Equal(t, []string{"111111111111", "222222222222"}, p.Accounts())

	for env, want := range map[string]string{
		"prd":     `env: "prd" is not allowed, want "dev" or "prod"; did you mean "prod"?`,
		"staging": `env: "staging" is not allowed, want "dev" or "prod"; choose one of them`,
	} {
		_, err := p.Select(env)
		require.EqualError(t, err, want)
	}
}

// Without accounts in the settings, selecting one of two environments in the
// deploying account must not move the delivery stack either.
func TestSelectKeepsTheDeliveryStackInPlace(t *testing.T) {
	p, err := Parse(edited(t, full, edit{"delivery.account", nil}, edit{"delivery.region", nil}))
	require.NoError(t, err)
	prod, err := p.Select("prod")
	require.NoError(t, err)
	require.Equal(t, "111111111111", prod.Delivery.Account)
	require.Empty(t, Default().Accounts())
}
