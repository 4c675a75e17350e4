"""What pyHanko says about signed PDFs: one JSON object a line in, one a line out, until the input ends.

In:  {"original", "signed": paths, the first may be "", "password", "roots": [paths of PEM files], "level": "" or a baseline level}
Out: {"original": document, "signed": document, "objects": which objects of the original were changed beyond what signing needs}
A document is {"error"} or {"revisions", "signatures": [...]}. Nothing one file does reaches the next.
"""

import asyncio
import json
import logging
import sys
import threading

from asn1crypto import cms
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

logging.disable(logging.CRITICAL)

# A qualified seal or a test key may lack the one bit or the other.
KEY_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)

# EN 319 142-1 table 1: signed attributes a PAdES baseline signature must and must not have.
REQUIRED = {"content_type", "message_digest", "signing_certificate_v2"}
FORBIDDEN = {"signing_time", "counter_signature", "content_reference", "content_identifier", "content_hint", "1.2.840.113549.1.9.16.2.4"}


def context(roots, **more):
    return ValidationContext(trust_roots=roots, allow_fetching=False, **more)


def opened(path, password):
    reader = PdfFileReader(open(path, "rb"), strict=False)
    if reader.encrypted and reader.decrypt(password).status == AuthStatus.FAILED:
        raise ValueError("pyHanko cannot open the encryption")
    return reader


def minimal(der):
    """Every length is definite and as short as it can be."""
    at, end = 0, len(der)
    while at < end:
        if at + 2 > end or der[at] & 0x1F == 0x1F:
            return False
        constructed, length, start = der[at] & 0x20, der[at + 1], at + 2
        if length >= 0x80:
            n = length & 0x7F
            length = int.from_bytes(der[start : start + n], "big")
            if n == 0 or length < 0x80 or length >> (8 * (n - 1)) == 0:
                return False
            start += n
        if start + length > end or constructed and not minimal(der[start : start + length]):
            return False
        at = start + length
    return True


def profile(signature):
    """Departures from PAdES baseline in the CMS and in the signature dictionary."""
    problems = []
    info, data = signature.signer_info, signature.signed_data
    dictionary = signature.sig_object
    attributes = [a["type"].native for a in info["signed_attrs"]]
    problems += [f"signed attribute {a} is missing" for a in sorted(REQUIRED - set(attributes))]
    problems += [f"signed attribute {a} is forbidden" for a in attributes if a in FORBIDDEN]
    if len(set(attributes)) != len(attributes):
        problems.append("a signed attribute occurs twice")
    if len(data["signer_infos"]) != 1:
        problems.append("not exactly one SignerInfo")
    if len(data["digest_algorithms"]) != 1:
        problems.append("not exactly one digest algorithm")
    if data["encap_content_info"]["content"].native is not None:
        problems.append("content is not detached")
    if info["unsigned_attrs"] or "content_time_stamp" in attributes:
        # asn1crypto takes forever to write a timestamp token again: each level of it is written twice for each one above.
        if not minimal(cms.ContentInfo.load(signature.pkcs7_content).dump()):
            problems.append("not DER")
        attributes = [a.dump() for a in info["signed_attrs"]]
        if attributes != sorted(attributes):
            problems.append("signed attributes are not DER")
    else:
        # The certificates may stand in the order of the chain, which DER would have sorted: nothing hashes them, and
        # readers take either. So their order is left out: the lengths must be DER's, and all of the SignerInfo.
        content = cms.ContentInfo.load(signature.pkcs7_content)
        if len(content.copy().dump(force=True)) != len(content.dump()):
            problems.append("not DER")
        if info.copy().dump(force=True) != info.dump():
            problems.append("SignerInfo is not DER")
    if dictionary.get("/SubFilter") != "/ETSI.CAdES.detached":
        problems.append("SubFilter is not ETSI.CAdES.detached")
    if dictionary.get("/Filter") != "/Adobe.PPKLite":
        problems.append("Filter is not Adobe.PPKLite")
    if "/M" not in dictionary:
        problems.append("no signing time in /M")
    if "/Cert" in dictionary:
        problems.append("/Cert is not for this SubFilter")
    return problems


def level(reader, signature, roots, timestamps):
    """The highest baseline level whose means are there and hold."""
    if profile(signature):
        return ""
    status = validate_pdf_signature(signature, context(roots), key_usage_settings=KEY_USAGE, skip_diff=True)
    signature_timestamp = status.timestamp_validity
    timed = bool(signature_timestamp and signature_timestamp.valid and signature_timestamp.trusted)
    later = [t for t in timestamps if t.signed_revision > signature.signed_revision]
    good = [t for t in later if timestamp_holds(t, roots)]
    if not timed and not good:
        return "B-B"
    try:
        store = DocumentSecurityStore.read_dss(reader)
        strict = {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "hard-fail"}
        if not validate_pdf_signature(
            signature, store.as_validation_context(strict), store.as_validation_context(strict), key_usage_settings=KEY_USAGE, skip_diff=True
        ).trusted:
            return "B-T"
    except Exception:
        return "B-T"
    return "B-LTA" if good and holds_in_future(signature, roots) else "B-LT"


def holds_in_future(signature, roots):
    """pyHanko's own validation of B-LTA (EN 319 102-1 5.6.3), from what the file holds, with revocation data demanded."""
    policy = CertValidationPolicySpec(SimpleTrustManager.build(trust_roots=roots), CertRevTrustPolicy(REQUIRE_REVINFO))
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = SignatureValidationSpec(policy, revinfo_gathering_policy=local, key_usage_settings=KEY_USAGE)
    result = asyncio.run(ades_lta_validation(signature, PdfSignatureValidationSpec(spec)))
    return result.ades_subindic == AdESPassed.OK


def timestamp_holds(timestamp, roots):
    try:
        status = validate_pdf_timestamp(timestamp, context(roots), skip_diff=True)
        return bool(status.intact and status.valid and status.trusted)
    except Exception:
        return False


def pages(reader):
    """Leaves of the page tree as (reference, inherited values)."""
    found, seen, todo = [], set(), [(reader.root.raw_get("/Pages"), {})]
    while todo:
        raw, inherited = todo.pop()
        if isinstance(raw, generic.IndirectObject):
            if raw.reference in seen:
                continue
            seen.add(raw.reference)
        node = raw.get_object()
        if not isinstance(node, generic.DictionaryObject):
            continue
        inherited = {**inherited, **{k: node[k] for k in ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit") if k in node}}
        if "/Kids" in node:
            todo += [(kid, inherited) for kid in reversed(list(node["/Kids"]))]
        else:
            found.append((raw, node, inherited))
    return found


def widget(reader, signature):
    """Where the signature shows, None if nowhere."""
    field = signature.sig_field
    place = field if "/Rect" in field else field["/Kids"][0]
    rect = [float(x) for x in place["/Rect"]]
    if rect[0] == rect[2] or rect[1] == rect[3]:
        return None
    for number, (_, page, inherited) in enumerate(pages(reader), 1):
        for annotation in page["/Annots"] if "/Annots" in page else ():
            found = annotation.get_object()
            if not isinstance(found, generic.DictionaryObject) or "/Rect" not in found:
                continue
            # By index: get() leaves what is encrypted closed.
            if [float(x) for x in found["/Rect"]] == rect and found.get("/FT", "/Sig") == "/Sig":
                media = [float(x) for x in inherited.get("/MediaBox", (0, 0, 612, 792))]
                return {
                    "page": number,
                    "rect": rect,
                    "media": media,
                    "crop": [float(x) for x in inherited.get("/CropBox", media)],
                    "rotate": int(inherited.get("/Rotate", 0)),
                    "unit": float(inherited.get("/UserUnit", 1)),
                }
    return None


def judged(reader, signature, roots, wanted_level, timestamps):
    out = {
        "field": signature.field_name,
        "type": str(signature.sig_object_type)[1:],
        "subfilter": str(signature.sig_object.get("/SubFilter", "/"))[1:],
        "range": [int(x) for x in signature.byte_range],
    }
    try:
        if signature.sig_object_type == "/DocTimeStamp":
            status = validate_pdf_timestamp(signature, context(roots))
            out["profile"] = []
        else:
            status = validate_pdf_signature(signature, context(roots), key_usage_settings=KEY_USAGE)
            out["profile"] = profile(signature)
            out["seed"] = bool(status.seed_value_ok)
            if status.timestamp_validity is not None:
                out["timestamp"] = bool(status.timestamp_validity.valid and status.timestamp_validity.trusted)
            if wanted_level:
                out["level"] = level(reader, signature, roots, timestamps)
        out["intact"], out["valid"], out["trusted"] = bool(status.intact), bool(status.valid), bool(status.trusted)
        out["coverage"] = signature.coverage.name
        out["modification"] = status.modification_level.name if status.modification_level is not None else ""
        out["docmdp"] = status.docmdp_ok is not False
        if not isinstance(signature.diff_result, (DiffResult, type(None))):
            out["why"] = str(signature.diff_result)
        out["widget"] = widget(reader, signature)
    except Exception as e:
        out["error"] = f"{type(e).__name__}: {e}"
    return out


def document(reader, roots, wanted_level):
    signatures = list(reader.embedded_signatures)
    timestamps = [s for s in signatures if s.sig_object_type == "/DocTimeStamp"]
    return {
        "revisions": reader.xrefs.total_revisions,
        "signatures": [judged(reader, s, roots, wanted_level, timestamps) for s in signatures],
    }


# Keys that signing may change in an object that was there before.
CATALOG_KEYS = {"/AcroForm", "/Perms", "/Extensions", "/Version", "/DSS", "/Metadata"}
FORM_KEYS = {"/Fields", "/SigFlags", "/NeedAppearances", "/XFA", "/DR"}
FIELD_KEYS = {"/V", "/AP", "/Kids", "/M"}


def plain(value):
    """The value with dictionaries, lists and decrypted bytes of Python, references unresolved."""
    if isinstance(value, generic.DecryptedObjectProxy):
        value = value.decrypted
    if isinstance(value, generic.IndirectObject):
        return (value.idnum, value.generation)
    if isinstance(value, generic.StreamObject):
        return (plain(generic.DictionaryObject(value)), value.data)
    if isinstance(value, generic.DictionaryObject):
        return {str(k): plain(value.raw_get(k)) for k in value}
    if isinstance(value, generic.ArrayObject):
        return [plain(value.raw_get(i)) for i in range(len(value))]
    if isinstance(value, (generic.TextStringObject, generic.ByteStringObject)):
        return value.original_bytes
    return value


def grew(old, new):
    """Everything that was in the array is still there, in its order."""
    rest = iter(new)
    return all(any(entry == other for other in rest) for entry in old)


def kids(value):
    """The kids of a structure element, of which a single one needs no array."""
    return value if isinstance(value, list) else [] if value is None else [value]


def tagged(was, now):
    """Keys by which a structure may grow: the new widget of a tagged document is an element of it (ISO 32000-2 14.7)."""
    if was.get("/Type") == "/StructTreeRoot":
        return {"/K", "/ParentTree", "/ParentTreeNextKey"} if grew(kids(was.get("/K")), kids(now.get("/K"))) else {"/ParentTreeNextKey"}
    if "/S" in was and "/P" in was:
        return {"/K"} if grew(kids(was.get("/K")), kids(now.get("/K"))) else set()
    if set(was) <= {"/Nums", "/Limits", "/Kids"}:
        return {"/Nums", "/Limits"} if grew(kids(was.get("/Nums")), kids(now.get("/Nums"))) else set()
    return set()


def objects(old, new):
    """Objects of the original that the update redefines in a way that signing does not explain."""
    before = old.xrefs.total_revisions
    if new.xrefs.total_revisions <= before:
        return {"error": "the update starts a new chain of revisions"}
    root = (new.root_ref.idnum, new.root_ref.generation)
    form = plain(new.root.raw_get("/AcroForm"))
    information = plain(old.trailer.raw_get("/Info")) if "/Info" in old.trailer else None
    problems = []
    for reference in {r for n in range(before, new.xrefs.total_revisions) for r in new.xrefs.explicit_refs_in_revision(n)}:
        key = (reference.idnum, reference.generation)
        try:
            was = plain(old.get_object(generic.Reference(*key, old)))
        except Exception:
            continue
        if was is None or isinstance(was, generic.NullObject):
            continue
        now = plain(new.get_object(generic.Reference(*key, new)))
        if was == now:
            continue
        if isinstance(was, list) and isinstance(now, list):
            if not grew(was, now):
                problems.append(f"array {key[0]} lost entries")
        elif isinstance(was, dict) and isinstance(now, dict):
            keys = {k for k in {*was, *now} if k not in was or k not in now or was[k] != now[k]}
            keys -= tagged(was, now)
            if key == root:
                keys -= CATALOG_KEYS
            elif key == form:
                keys -= FORM_KEYS
            elif now.get("/Type") == "/Page":
                annotations = [d.get("/Annots", []) for d in (was, now)]
                if not all(isinstance(a, list) for a in annotations) or grew(*annotations):
                    keys -= {"/Annots"}
                if "/Tabs" not in was:
                    keys -= {"/Tabs"}
            elif "/T" in now or now.get("/Subtype") == "/Widget":
                keys -= FIELD_KEYS if "/V" not in was else set()
            elif key == information:
                keys -= {"/ModDate", "/Producer"}
            elif "/Type" not in now:
                keys = {k for k in keys if k in was}  # /Perms, /Extensions, /DSS: entries are added
            if keys:
                problems.append(f"object {key[0]}: {' '.join(sorted(keys))}")
        elif not (isinstance(was, tuple) and isinstance(now, tuple) and now[0].get("/Type") in ("/Metadata", "/XRef", "/ObjStm")):
            problems.append(f"object {key[0]} is not what it was")
    return {"problems": problems}


def attempt(work):
    try:
        return work()
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def answer(request):
    roots = [c for path in request["roots"] for c in load_certs_from_pemder([path])]
    password = request.get("password") or ""
    out, readers = {}, {}
    for which in ("original", "signed") if request["original"] else ("signed",):

        def work():
            readers[which] = opened(request[which], password)
            return document(readers[which], roots, request.get("level") if which == "signed" else "")

        out[which] = attempt(work)

    if len(readers) == 2:
        out["objects"] = attempt(lambda: objects(readers["original"], readers["signed"]))
    return out


def serve():
    for line in sys.stdin:
        print(json.dumps(attempt(lambda: answer(json.loads(line)))), flush=True)


# The difference analysis recurses: an outline of a few hundred siblings needs this.
sys.setrecursionlimit(50_000)
threading.stack_size(512 << 20)
worker = threading.Thread(target=serve)
worker.start()
worker.join()
