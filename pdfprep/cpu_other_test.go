//go:build !unix

package pdfprep_test

import "time"

func cpuTime() time.Duration { return 0 }
