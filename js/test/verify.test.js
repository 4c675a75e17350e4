// Verifying under Node: the built package and its real engine, on a file that was certified once and for all.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Hashout } from '../dist/index.js'
import { hashoutError, root } from './support/bundle.js'

const file = (path) => readFileSync(join(root, path))
const certified = file('pdfprep/testdata/verify/certified.pdf')
const pem = file('pdfprep/testdata/verify/root.pem').toString('latin1')
const der = new Uint8Array(Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ''), 'base64'))
const stranger = `-----BEGIN CERTIFICATE-----\n${Buffer.from('no certificate').toString('base64')}\n-----END CERTIFICATE-----\n`

describe('verifying', { timeout: 60_000 }, () => {
  let hashout
  before(async () => (hashout = await Hashout.load({ memoryBudget: 1 << 20 })))
  after(() => hashout?.dispose())

  it('says everything about a signature that is good', async () => {
    const { verdict, signatures } = await hashout.verify(certified, { trust: pem })
    assert.deepEqual(verdict, { indication: 'TOTAL-PASSED', explanation: 'The signature is valid.' })
    assert.equal(signatures.length, 1)
    const [{ signer, chain, byteRange, ...rest }] = signatures
    assert.deepEqual(rest, {
      ...verdict,
      fieldName: 'first',
      kind: 'certification',
      subFilter: 'ETSI.CAdES.detached',
      coverage: 'whole-file',
      intact: true,
      level: 'B-B',
      algorithm: rest.algorithm,
      provenAt: null,
      claimedTime: "D:20261125120000+00'00'",
      timestamps: [],
      contentTimestamps: [],
      changes: { kind: 'none', allowed: true, fields: [], reasons: [] },
      permits: 'form-filling',
    })
    assert.match(rest.algorithm, /ECDSA/)
    assert.equal(byteRange[2] + byteRange[3], certified.length)
    assert.equal(signer.subject, 'CN=Throw-away signer')
    assert.equal(signer.notBefore.toISOString(), '2020-01-01T00:00:00.000Z')
    assert.deepEqual(signer.der, der)
    assert.deepEqual(chain, [signer])
  })

  it('takes roots as DER and PEM, one or several', async () => {
    for (const trust of [der, der.buffer, pem, [pem], [der, pem], `${pem}\n${pem}`]) {
      assert.equal((await hashout.verify(certified, { trust })).verdict.indication, 'TOTAL-PASSED')
    }
    for (const trust of [stranger, new Uint8Array(3), 'text', 7, [null]]) {
      await assert.rejects(hashout.verify(certified, { trust }), hashoutError('INVALID_ARGUMENT'))
    }
  })

  it('knows nobody without roots, but still says whether the signature holds', async () => {
    for (const options of [{}, { trust: [] }]) {
      const { verdict, signatures } = await hashout.verify(certified, options)
      assert.deepEqual([verdict.indication, verdict.subIndication], ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND'])
      assert.deepEqual([signatures[0].intact, signatures[0].chain], [true, []])
    }
  })

  it('judges at the time that is asked for', async () => {
    const { verdict } = await hashout.verify(certified, { trust: pem, time: new Date('2019-06-01') })
    assert.equal(verdict.subIndication, 'NOT_YET_VALID')
    const later = await hashout.verify(certified, { trust: pem, time: new Date('2121-06-01') })
    assert.equal(later.verdict.subIndication, 'OUT_OF_BOUNDS_NO_POE')
  })

  it('sees a changed byte', async () => {
    const tampered = Uint8Array.from(certified)
    tampered[certified.indexOf('get 100')] ^= 1
    const { verdict, signatures } = await hashout.verify(tampered, { trust: pem })
    assert.deepEqual([verdict.indication, verdict.subIndication, signatures[0].intact], ['TOTAL-FAILED', 'HASH_FAILURE', false])
  })

  it('sees what was appended', async () => {
    const update = (object) => {
      const start = certified.length
      const row = `4 1\n${String(start).padStart(10, '0')} 00000 n \n`
      const prev = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(certified.toString('latin1'))[1]
      return `${object}xref\n${row}trailer\n<</Size 99/Root 1 0 R/Info 11 0 R/Prev ${prev}>>\nstartxref\n${start + object.length}\n%%EOF\n`
    }
    const changed = new Blob([certified, update('4 0 obj\n<</Length 4>>\nstream\nq Q \nendstream\nendobj\n')])
    const { verdict, signatures } = await hashout.verify(changed, { trust: pem })
    assert.deepEqual([verdict.indication, verdict.subIndication], ['TOTAL-FAILED', 'FORMAT_FAILURE'])
    const [{ coverage, intact, changes }] = signatures
    assert.deepEqual([coverage, intact, changes.kind, changes.allowed, changes.reasons.length], ['revision', true, 'other', false, 1])
  })

  it('gives the same verdict on a file that is too large to be hashed at once', async () => {
    const small = await Hashout.load({ memoryBudget: 16 })
    try {
      assert.equal((await small.verify(certified, { trust: pem })).verdict.indication, 'TOTAL-PASSED')
    } finally {
      small.dispose()
    }
  })

  it('has no verdict on a signed file whose cross-reference is broken: it rejects, and says that it could be mended', async () => {
    const broken = Buffer.from(Buffer.from(certified).toString('latin1').replace(/startxref\s+\d+\s+%%EOF\s*$/, 'startxref\n7\n%%EOF\n'), 'latin1')
    assert.notEqual(Buffer.compare(broken, certified), 0)
    await assert.rejects(hashout.verify(broken, { trust: pem }), (error) => hashoutError('PDF_MALFORMED')(error) && error.details.repairable === true)
  })

  it('has no verdict on a document without signatures, and rejects what is no PDF', async () => {
    assert.deepEqual(await hashout.verify(file('web/samples/service-agreement.pdf')), { verdict: null, signatures: [] })
    await assert.rejects(hashout.verify(new Uint8Array(100)), hashoutError('PDF_MALFORMED'))
    await assert.rejects(hashout.verify(certified, { signal: AbortSignal.abort() }), hashoutError('ABORTED'))
  })
})
