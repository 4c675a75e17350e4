//go:build !js

package sigalg_test

import (
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
)

func vectorFiles(*testing.T) fs.FS { return wycheproof.TestVectors }
