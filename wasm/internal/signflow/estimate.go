package signflow

import (
	"hashout/csc"
	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// Estimate is how large a signature will be, told without any request: the dry run of pyHanko's signer.
type Estimate struct {
	SignatureBytes int // the signature value, at most
	ContentsBytes  int // the SignedData that the placeholder is made for
	SignAlgo       string
	Digest         string
}

// EstimateSize says what Prepare would reserve for a credential. SigningTime and Random need not be set.
func EstimateSize(credential *csc.Credential, o Options) (Estimate, error) {
	mechanism, err := credential.Mechanism(csc.MechanismOptions{Digest: o.Digest, PreferPSS: o.PreferPSS, SignAlgo: o.SignAlgo})
	if err != nil {
		return Estimate{}, err
	}
	plan, err := newPlan(credential, mechanism, o, 0)
	if err != nil {
		return Estimate{}, err
	}
	size, err := sigalg.MaxSignatureBytes(credential.Certificate.PublicKey)
	return Estimate{SignatureBytes: size, ContentsBytes: plan.ReservedBytes, SignAlgo: mechanism.SignAlgo, Digest: mechanism.Algorithm.Hash.String()}, err
}

// newPlan asks what the level needs, with room for a timestamp over the document of tokenBytes, 0 if its size is not known. One hash serves
// document and signed attributes: the one the signature algorithm uses.
func newPlan(credential *csc.Credential, m csc.Mechanism, o Options, tokenBytes int) (*pades.Plan, error) {
	plan, err := pades.NewPlan(o.Level, cms.Options{
		Certificate: credential.Certificate,
		Chain:       credential.Chain,
		EmbedRoots:  o.EmbedRoots,
		Algorithm:   m.Algorithm,
		Digest:      m.Algorithm.Hash,
		Profile:     o.Profile,
		SigningTime: o.SigningTime,

		Commitment: o.Commitment, Policy: o.Policy, Location: o.SignerLocation, AlgorithmProtection: o.AlgorithmProtection,
	})
	if err == nil && o.ContentTimestamp {
		err = plan.ReserveContentTimestamp(tokenBytes)
	}
	return plan, err
}
