package constructs

import (
	"errors"
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
)

// must panics with every problem of a construct's props, the construct's path in front.
func must(scope constructs.Construct, id string, problems ...error) {
	if err := errors.Join(problems...); err != nil {
		panic(fmt.Errorf("%s/%s: %w", *scope.Node().Path(), id, err))
	}
}
