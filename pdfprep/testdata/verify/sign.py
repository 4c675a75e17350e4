"""Makes signed files with pyHanko, for verdicts on files that are not ours.

Usage: sign.py FOLDER, which holds form.pdf, stream.pdf, encrypted.pdf, signer.{key,pem} and tsa.{key,pem}; the results go there too.
"""

import sys
from io import BytesIO
from pathlib import Path

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

folder = Path(sys.argv[1])


def der(name):
    return pem.unarmor((folder / name).read_bytes())[2]


def certificate(name):
    return x509.Certificate.load(der(name))


def key(name):
    return keys.PrivateKeyInfo.load(der(name))


store = SimpleCertificateStore()
signer = signers.SimpleSigner(signing_cert=certificate("signer.pem"), signing_key=key("signer.key"), cert_registry=store)
stamper = timestamps.DummyTimeStamper(tsa_cert=certificate("tsa.pem"), tsa_key=key("tsa.key"), certs_to_embed=store)


def writer(pdf, encrypted=False):
    w = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    if encrypted:
        w.encrypt(b"")
    return w


def sign(pdf, field="Signature1", encrypted=False, stamped=False, spec=None, **metadata):
    out = BytesIO()
    meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", **metadata)
    signers.PdfSigner(meta, signer=signer, timestamper=stamper if stamped else None, new_field_spec=spec).sign_pdf(
        writer(pdf, encrypted), output=out
    )
    return out.getvalue()


def fill(pdf):
    """Gives the field `amount` another value and appearance."""
    w = writer(pdf)
    field = next(f for f in w.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "amount").get_object()
    field["/V"] = generic.pdf_string("2")
    look = generic.StreamObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/XObject"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Form"),
            generic.pdf_name("/BBox"): generic.ArrayObject(generic.NumberObject(n) for n in (0, 0, 60, 20)),
        },
        stream_data=b"q Q",
    )
    field["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): w.add_object(look)})
    w.update_container(field)
    out = BytesIO()
    w.write(out)
    return out.getvalue()


def keep(name, pdf):
    (folder / f"{name}.pdf").write_bytes(pdf)
    return pdf


form, stream, encrypted = ((folder / f"{name}.pdf").read_bytes() for name in ("form", "stream", "encrypted"))
pades = {"subfilter": fields.SigSeedSubFilter.PADES}
trust = {"validation_context": ValidationContext(trust_roots=[certificate("signer.pem"), certificate("tsa.pem")], allow_fetching=False)}

once = keep("once", sign(form))
keep("twice", sign(once, "second"))
keep("twice-visible", sign(once, "Shown", spec=fields.SigFieldSpec("Shown", box=(10, 150, 90, 190))))
keep("stream", sign(stream, **pades))
keep("encrypted", sign(encrypted, encrypted=True, **pades))
certified = keep("certified", sign(form, certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS, **pades))
keep("certified-filled", fill(certified))
keep("certified-filled-signed", sign(fill(certified), "second", **pades))
keep("no-changes-filled", fill(sign(form, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)))
locked = sign(form, spec=fields.SigFieldSpec("Signature1", field_mdp_spec=fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["amount"])))
keep("locked-filled", fill(locked))
keep("stamped", sign(form, stamped=True, **pades))
lasting = keep("lasting", sign(form, stamped=True, embed_validation_info=True, use_pades_lta=True, **pades, **trust))
keep("lasting-twice", sign(lasting, "second", **pades))
