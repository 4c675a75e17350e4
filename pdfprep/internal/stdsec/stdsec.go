package stdsec

import (
	"errors"
	"fmt"
)

var (
	// ErrPassword means that the file needs a password and that neither the given nor the empty one is right.
	ErrPassword = errors.New("stdsec: wrong password")
	// ErrUnsupported means a handler, version or crypt filter outside the standard ones.
	ErrUnsupported = errors.New("stdsec: unsupported encryption")
	// ErrMalformed means values that no right encryption dictionary has, or ciphertext too short to be one.
	ErrMalformed = errors.New("stdsec: malformed encryption")
)

// Params are the values of an encryption dictionary; the zero value of a field means that its key is absent.
type Params struct {
	Filter          string // security handler, without the slash
	V, R            int
	Length          int // bits
	O, U            []byte
	OE, UE, Perms   []byte // R 5 and 6
	P               int64  // as written, signed or not
	MetadataInClear bool   // EncryptMetadata is present and false
	ID              []byte // first element of the trailer's /ID, empty if there is none
	CryptFilters    map[string]CryptFilter
	StmF, StrF, EFF string // names of crypt filters
}

// CryptFilter is one entry of /CF.
type CryptFilter struct {
	CFM    string // V2, AESV2, AESV3, None
	Length int    // bytes or bits: writers differ
}

// Role says as whom the password opened the file.
type Role uint8

const (
	NoRole Role = iota // not authenticated: strings and streams are in clear, only some streams are not
	User
	Owner
)

// Permission is the set of access bits (ISO 32000-2 table 22). They bind only who opened as [User].
type Permission uint32

const (
	Modify    Permission = 1 << 3  // bit 4
	Annotate  Permission = 1 << 5  // bit 6: annotations and form fields
	FillForms Permission = 1 << 8  // bit 9
	Assemble  Permission = 1 << 10 // bit 11
)

// Has reports whether all bits of q are set.
func (p Permission) Has(q Permission) bool { return p&q == q }

// ObjectID names the indirect object whose strings and stream share a key.
type ObjectID struct {
	Number, Generation uint32
}

// Handler holds the file key. It is safe for concurrent use.
type Handler struct {
	role        Role
	perms       Permission
	key         []byte
	keyed       bool // false when only streams with a filter of their own are encrypted and no password was right
	filters     map[string]Cipher
	stm, str    Cipher
	eff         Cipher
	clearMeta   bool
	permsForged bool
}

// Open authenticates password against p. The error is [ErrPassword], [ErrUnsupported] or [ErrMalformed].
//
// nfkc is Unicode's normalization form KC, for passwords of R 5 and 6 that are not ASCII; nil takes them as they are.
func Open(p Params, password string, nfkc func(string) string) (*Handler, error) {
	if p.Filter != "Standard" {
		return nil, fmt.Errorf("%w: security handler %.32q", ErrUnsupported, p.Filter)
	}
	h := &Handler{perms: Permission(uint32(p.P)), clearMeta: p.MetadataInClear && p.V >= 4}
	if p.R == 2 && !h.perms.Has(Annotate) {
		h.perms &^= FillForms // a bit without a meaning before revision 3, where bit 6 alone decides
	}
	if err := h.chooseCiphers(p); err != nil {
		return nil, err
	}
	auth, err := authenticator(p)
	if err != nil {
		return nil, err
	}
	h.key, h.role = authenticate(auth, passwords(password, p.R, nfkc))
	h.keyed = h.role != NoRole
	// A file that encrypts nothing but attachments opens without a password (ISO 32000-2 §7.6.6).
	if !h.keyed && (h.stm != Identity || h.str != Identity) {
		return nil, ErrPassword
	}
	if h.keyed && p.R >= 5 {
		h.checkPerms(p)
	}
	return h, nil
}

// authentication derives the file key from one prepared password, or nil if the password is wrong.
type authentication interface {
	user(password []byte) []byte
	owner(password []byte) []byte
}

func authenticator(p Params) (authentication, error) {
	switch {
	case p.V == 5 && (p.R == 5 || p.R == 6):
		return newAES256(p)
	case (p.V == 1 || p.V == 2 || p.V == 4) && p.R >= 2 && p.R <= 4:
		return newLegacy(p)
	}
	return nil, fmt.Errorf("%w: version %d, revision %d", ErrUnsupported, p.V, p.R)
}

// authenticate tries the empty password last, and as user before owner: a file without an owner password derives the
// owner entry from the user's, and whoever opens it without any password is not its owner. Only where the empty
// password is not the user's can it be the owner's own.
func authenticate(a authentication, candidates [][]byte) ([]byte, Role) {
	for _, c := range candidates {
		if key := a.owner(c); key != nil {
			return key, Owner
		}
	}
	for _, c := range candidates {
		if key := a.user(c); key != nil {
			return key, User
		}
	}
	if key := a.user(nil); key != nil {
		return key, User
	}
	if key := a.owner(nil); key != nil {
		return key, Owner
	}
	return nil, NoRole
}

// Role says as whom the file was opened.
func (h *Handler) Role() Role { return h.role }

// Permissions returns the access bits. Where /P and the protected copy in /Perms differ, only what both grant.
func (h *Handler) Permissions() Permission { return h.perms }

// PermsForged reports that /Perms does not confirm /P: the dictionary was altered without the file key.
func (h *Handler) PermsForged() bool { return h.permsForged }
