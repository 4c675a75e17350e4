package file

import "errors"

// Limits bound what a hostile file may cost. Zero fields mean the defaults.
type Limits struct {
	MaxObjectBytes  int   // one object without stream data; default 16 MiB
	MaxDecodedBytes int   // one decoded object or cross-reference stream; default 64 MiB
	MaxSections     int   // cross-reference sections; default 20,000
	MaxCacheBytes   int64 // blocks of the file kept in memory; default 8 MiB
	MaxWork         int64 // what one operation may cost, in about the bytes it looks at; default 64 Mi + 8 times the file's size
}

func (l Limits) withDefaults(size int64) Limits {
	if l.MaxObjectBytes <= 0 {
		l.MaxObjectBytes = 16 << 20
	}
	if l.MaxDecodedBytes <= 0 {
		l.MaxDecodedBytes = 64 << 20
	}
	if l.MaxSections <= 0 {
		l.MaxSections = 20_000
	}
	if l.MaxCacheBytes <= 0 {
		l.MaxCacheBytes = 8 << 20
	}
	if l.MaxWork <= 0 {
		l.MaxWork = 64<<20 + 8*size
	}
	return l
}

// The errors of this package. Errors of the reader that supplies the bytes pass through as they are.
var (
	// ErrNotPDF: there is no header in the first kilobyte, or nothing that belongs to a PDF at all.
	ErrNotPDF = errors.New("this is not a PDF")
	// ErrBroken: the cross-reference chain or an object that it points at cannot be read; a scan of the whole file may recover it.
	ErrBroken = errors.New("the cross-reference chain is broken")
	// ErrLimit: the file asks for more than the limits allow.
	ErrLimit = errors.New("the file exceeds a limit")
	// ErrFilter: a stream uses a filter that object and cross-reference streams do not use in practice.
	ErrFilter = errors.New("the stream's filter is not supported")
)
