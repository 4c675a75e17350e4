package csctest

import "net/http"

// Actions returns one of each kind of misbehaviour that needs no waiting, for
// tests that enumerate faults × endpoints × phases × batch sizes. Those of
// SignatureActions are left out, because they change nothing but signHash.
func Actions() []Action {
	return []Action{
		Refuse(http.StatusBadRequest, ""), Refuse(http.StatusBadRequest, "plain text"),
		Refuse(http.StatusNotFound, "not found"), Refuse(http.StatusInternalServerError, ""),
		RefuseWith(http.StatusBadRequest, invalidRequest, "Refused on command"),
		RefuseWith(http.StatusUnauthorized, invalidToken, "The access token is not valid"),
		RefuseWith(http.StatusForbidden, accessDenied, "Refused on command"),
		RefuseWith(http.StatusInternalServerError, serverError, "The service had an accident"),
		RefuseWith(http.StatusNotImplemented, notImplemented, "Method not implemented"),
		Busy(http.StatusTooManyRequests, "1"), Busy(http.StatusServiceUnavailable, "1"), Busy(http.StatusServiceUnavailable, ""),
		TokenExpires(), SADExpires(),
		Redirect(http.StatusFound, ""), Redirect(http.StatusTemporaryRedirect, ""), Redirect(http.StatusPermanentRedirect, ""),
		DropBefore(), DropAfter(), Truncate(),
		Garbage(), HTML(), Empty(), Null(), Array(), Object(), DeepJSON(), TooLarge(5 << 20),
		BOM(), DuplicateKeys(), CaseVariantKeys(), WrongTypes(), TrailingData(), ContentType("text/html"),
		RefuseAfter(http.StatusInternalServerError), RefuseAfter(http.StatusBadGateway),
	}
}

// SignatureActions returns one of each action that spoils the signatures of
// signHash.
func SignatureActions() []Action {
	return []Action{
		TooFew(), TooMany(), Permute(), Repeat(), ForeignKey(), FlipBit(),
		NotBase64(), EmptySignature(), NullSignature(), NumberSignature(), HugeSignature(),
	}
}

// RefuseAfter executes the call and then claims that it failed, as a gateway
// does that lost patience with the service behind it.
func RefuseAfter(status int) Action {
	a := Answer(status, "text/plain; charset=utf-8", http.StatusText(status))
	a.Name = "executed, then " + http.StatusText(status)
	return a
}
