package checkout

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACommitThatIsNamedByItsDigestHasOneName(t *testing.T) {
	require.Equal(t, "main (0a1b2c3)", Commit{Name: "main", Digest: "0a1b2c3"}.String())
	require.Equal(t, "0a1b2c3", Commit{Name: "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", Digest: "0a1b2c3"}.String())
}
