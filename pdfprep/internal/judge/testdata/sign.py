"""Signs a PDF with pyHanko so that the judges have something to judge that hashout did not make.

sign.py ORIGINAL SIGNED FIELD KEY CERTIFICATE ROOT [password=…] [visible] [certify] [force] [shadow]
"""

import sys

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

original, signed, field, key, certificate, root, *options = sys.argv[1:]
signer = signers.SimpleSigner.load(key, certificate, ca_chain_files=(root,))
with open(original, "rb") as f:
    writer = IncrementalPdfFileWriter(f, strict=False)
    for o in options:
        if o.startswith("password="):
            writer.encrypt(o.split("=", 1)[1])
    if "shadow" in options:
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 24 Tf 20 100 Td (I owe 1000000) Tj ET 0 0 50 50 re f"))
        writer.update_container(page)
    if "force" in options:  # where a certification forbids it
        signers.PdfSigner._enforce_certification_constraints = lambda *_: None
    certify = "certify" in options
    out = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=field,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=certify,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        ),
        signer=signer,
        new_field_spec=fields.SigFieldSpec(field, box=(20, 20, 180, 60)) if "visible" in options else None,
    ).sign_pdf(writer)
with open(signed, "wb") as f:
    f.write(out.getbuffer())
