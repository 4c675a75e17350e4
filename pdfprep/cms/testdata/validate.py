# Asks pyHanko about detached CMS signatures: every *.sig in the directory given, over the file "document", trusting root.der.
# Prints one line per signature: its name, then "ok" or why not.
import asyncio
import datetime
import pathlib
import sys

from asn1crypto import cms, x509
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

folder = pathlib.Path(sys.argv[1])
root = x509.Certificate.load((folder / 'root.der').read_bytes())
moment = datetime.datetime.fromisoformat(sys.argv[2])


def context():
    return ValidationContext(trust_roots=[root], moment=moment, best_signature_time=moment, revocation_mode='soft-fail', allow_fetching=False)


async def judge(path):
    info = cms.ContentInfo.load(path.read_bytes(), strict=True)
    status = await async_validate_detached_cms(
        (folder / 'document').read_bytes(), info['content'], context(), context(),
        key_usage_settings=KeyUsageConstraints(key_usage={'non_repudiation'}))
    if not (status.intact and status.valid and status.trusted):
        return status.summary()
    if path.name.startswith('stamped') and not (status.timestamp_validity and status.timestamp_validity.intact and status.timestamp_validity.valid):
        return 'timestamp not valid'
    if path.name == 'der.sig' and info.dump(force=True) != path.read_bytes():  # takes seconds
        return 'encoded again, it has other bytes: not DER'
    return 'ok'


for path in sorted(folder.glob('*.sig')):
    try:
        verdict = asyncio.run(judge(path))
    except Exception as e:  # one bad signature must not hide the others
        verdict = f'{type(e).__name__}: {e}'
    print(path.name, verdict)
