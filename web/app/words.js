// What the page says for each error code: a title, and what the user can do.

const words = {
  ABORTED: ['Cancelled', 'You stopped this document. Nothing was signed for it.'],
  ALGORITHM_UNSUPPORTED: ['The key cannot sign this way', 'Choose another hash in the options, or another key.'],
  AUTHORIZATION_FAILED: ['The service did not accept the PIN or code', 'Check the PIN and try again. Services lock a key after several wrong tries.'],
  CERT_MISMATCH: ['The key does not fit its certificate', 'The service gave a certificate of another key. Tell the service.'],
  CREDENTIAL_UNUSABLE: ['This key cannot be used', 'Choose another key.'],
  ENGINE_CRASHED: ['The engine stopped', 'It was started again. Try once more; if it happens again, this file is the cause.'],
  ENGINE_LOAD_FAILED: ['The engine could not be loaded', 'Reload the page.'],
  FILE_UNREADABLE: ['The file cannot be read any more', 'It was changed, moved or deleted after you chose it. Choose it again.'],
  GLYPH_MISSING: ['The font lacks a character', 'The visible signature has a character that its font cannot show. Change the text.'],
  INSECURE_URL: ['The service address is not secure', 'Only https addresses are accepted.'],
  INTERNAL: ['Something went wrong in the engine', 'This is a fault of the software. Please report it.'],
  INVALID_ARGUMENT: ['The page asked for something impossible', 'This is a fault of the page. Please report it.'],
  JOURNAL_FAILED: ['The state of the signing could not be kept', 'Nothing was sent. Reload the page; another window may go on with it.'],
  NETWORK: ['The service cannot be reached', 'Check your connection and try again.'],
  OUTCOME_UNKNOWN: ['It is not known whether the service signed', 'The answer was lost after the hashes were sent. Nothing is repeated by itself, because that could sign and bill twice.'],
  PDF_CERTIFIED_NO_CHANGES: ['The author allows no changes', 'This PDF is certified; a further signature would break it.'],
  PDF_ENCRYPTED: ['The PDF is protected with a password', 'Enter the password of the document. It stays in this browser.'],
  PDF_FIELD_LOCKED: ['The signature field is locked', 'An earlier signature locked the fields of this form.'],
  PDF_FIELD_NOT_FOUND: ['The signature field does not exist', 'The PDF has no field of this name.'],
  PDF_FIELD_SIGNED: ['The field is already signed', 'Choose another field.'],
  PDF_MALFORMED: ['This is not a PDF we can read', 'The file is damaged, cut short, or something else than a PDF.'],
  PDF_PASSWORD_WRONG: ['The password is wrong', 'Enter the password of the document. It stays in this browser.'],
  PDF_PERMISSION: ['The author does not permit signing', 'The rights stored in this PDF forbid it.'],
  PDF_UNSUPPORTED: ['The PDF uses something that is not supported yet', 'Save it again with your PDF program, then sign.'],
  PLACEHOLDER_TOO_SMALL: ['The signature is larger than its place', 'This is a fault of the software. Please report it.'],
  RATE_LIMITED: ['The service wants a pause', 'Too many requests. Wait a minute and try again.'],
  REDIRECT_REFUSED: ['The service tried to send the request elsewhere', 'Redirects are refused, since they could carry your PIN away. Tell the service.'],
  RESPONSE_MALFORMED: ['The service gave an answer that makes no sense', 'Nothing of it was used. Try again later or tell the service.'],
  RESPONSE_TOO_LARGE: ['The answer of the service is far too large', 'It was not read to its end. Tell the service.'],
  REVOCATION_UNAVAILABLE: ['The state of the certificate cannot be asked', 'Try again later.'],
  SAD_EXPIRED: ['The permission to sign ran out', 'Try again and enter the PIN without a long pause.'],
  SAD_REUSED: ['The permission to sign was already used', 'Try again and enter the PIN anew.'],
  SELF_CHECK_FAILED: ['The result did not pass our own check', 'The signed file was thrown away. Please report it.'],
  SERVICE_ERROR: ['The service reported an error', 'Try again later.'],
  SIGNATURE_COUNT: ['The service gave the wrong number of signatures', 'None of them was used. Tell the service.'],
  SIGNATURE_INVALID: ['The signature does not fit the key', 'It was not put into the PDF. Tell the service.'],
  SIGNATURE_ORDER: ['The service mixed up the signatures', 'None of them was used. Tell the service.'],
  TEXT_TOO_LONG: ['The text does not fit its place', 'Make the place of the signature larger, or the text shorter.'],
  TIMEOUT: ['The service did not answer in time', 'Try again later.'],
  TOKEN_EXPIRED: ['Your login ran out', 'Log in again, then try once more. Your documents are still here.'],
  TSA_FAILED: ['The time stamp could not be had', 'Try again later.'],
}

/** The title and the hint for an error of the package (or any other error). */
export function explain(error) {
  const code = error?.code in words ? error.code : 'INTERNAL'
  const [title, hint] = words[code]
  return { code: error?.code ?? code, title, hint }
}

/** The words of the service itself, if it gave any. */
export function serviceWords(error) {
  return [error?.status && `HTTP ${error.status}`, error?.error, error?.error_description].filter(Boolean).join(' · ')
}
