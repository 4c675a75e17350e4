// Signing in two steps, over pages and over deaths: the built package, its real engine, a real service.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { IDBFactory } from 'fake-indexeddb'
import { Hashout } from '../dist/index.js'
import { JournalStore } from '../dist/journal.js'
import { OAuth } from '../dist/oauth.js'
import { hashoutError, root } from './support/bundle.js'
import { nodeWorker } from './support/node-worker.js'
import { allow, startService } from './support/service.js'
import { checkSigned } from './support/signed.js'

const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))
const other = readFileSync(join(root, 'web/samples/order-confirmation.pdf'))
const workerURL = new URL('../dist/worker.js', import.meta.url)

describe('a batch', { timeout: 120_000 }, () => {
  let demo
  let hashout
  let service
  let oauth
  before(async () => {
    demo = await startService()
    hashout = await Hashout.load()
    const info = await hashout.service({ url: demo.service }).info()
    oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    service = hashout.service({ url: demo.service, accessToken: oauth.accessToken })
  })
  after(async () => {
    hashout?.dispose()
    await demo?.stop()
  })
  beforeEach(async () => {
    await demo.reset()
    const { url, transaction } = await oauth.begin()
    await oauth.complete(transaction, await allow(url))
  })

  /** Another page's hashout: nothing of this one's. */
  const elsewhere = async (work, options) => {
    const next = await Hashout.load(options)
    try {
      return await work(next.service({ url: demo.service, accessToken: oauth.accessToken }), next)
    } finally {
      next.dispose()
    }
  }
  const signHashes = async () => (await demo.requests()).filter((r) => r.endpoint === 'signatures/signHash')

  it('is prepared without a request, kept as text, and finished in another page', async () => {
    const credential = await service.credential('demo-p-256')
    const before = (await demo.requests()).length
    const batch = await service.prepare([sample, new File([other], 'order.pdf'), 'no document', new Blob(['no PDF'])], { credential, reason: 'Approved' })
    assert.equal((await demo.requests()).length, before)
    assert.deepEqual(batch.documents.map((d) => [d.state, d.error?.code]), [['prepared', undefined], ['prepared', undefined], ['failed', 'INVALID_ARGUMENT'], ['failed', 'PDF_MALFORMED']])
    assert.equal(batch.hashes.length, 2)
    assert.equal(batch.authorization.numSignatures, 2)
    assert.equal(batch.authorization.hashAlgorithmOID, '2.16.840.1.101.3.4.2.1')
    const text = JSON.stringify(batch)
    assert.equal(text.includes(demo.pin), false)
    await elsewhere(async (there) => {
      const again = await there.restore(text, [sample, other])
      assert.equal(again.id, batch.id)
      assert.deepEqual(again.hashes, batch.hashes)
      assert.deepEqual(again.documents.map((d) => [d.state, d.error?.code]), batch.documents.map((d) => [d.state, d.error?.code]))
      const phases = []
      const { documents, id } = await again.finish({ PIN: demo.pin, onProgress: (e) => phases.push(e.phase) })
      assert.equal(id, batch.id)
      await checkSigned(documents[0], sample)
      await checkSigned(documents[1], other)
      assert.equal(documents[1].name, 'order.pdf')
      assert.deepEqual(documents.slice(2).map((d) => d.error.code), ['INVALID_ARGUMENT', 'PDF_MALFORMED'])
      assert.equal(phases.includes('hash'), false, 'what was hashed by this page is not hashed again')
      assert.deepEqual(again.documents.map((d) => d.state), ['signed', 'signed', 'failed', 'failed'])
      assert.equal(again.hashes.length, 0)
    })
    assert.deepEqual(await demo.signed(), { total: 2, most: 1 })
  })

  it('lets nothing leave before its keeper has kept it', async () => {
    let busy = false
    let last
    const seen = []
    const keeper = {
      keep: async (journal, files) => {
        busy = true
        await new Promise((resolve) => setTimeout(resolve, 30))
        last = journal.documents.map((d) => d.state)
        // A document is completed whenever there is time for it: before the next request or during it.
        seen.push(`${journal.revision}: ${last.map((state) => (state === 'signed' ? 'received' : state))}`)
        assert.equal(files.length, 2)
        busy = false
      },
    }
    const careful = async (url, init) => {
      if (String(url).endsWith('signHash')) {
        assert.equal(busy, false)
        seen.push('signHash')
      }
      return fetch(url, init)
    }
    await elsewhere(async (there) => {
      const { documents } = await there.sign([sample, other], { credential: 'demo-p-256', batchSize: 1, authorize: () => ({ PIN: demo.pin }), journal: keeper })
      await checkSigned(documents[0], sample)
      await checkSigned(documents[1], other)
    }, { fetch: careful })
    assert.deepEqual(seen, [
      '2: prepared,prepared',
      '3: submitted,prepared', 'signHash', '4: received,prepared',
      '5: received,submitted', 'signHash', '6: received,received',
      '7: received,received',
    ])
    assert.deepEqual(last, ['signed', 'signed'])
  })

  it('sends nothing if its keeper cannot keep it', async () => {
    const why = new Error('full')
    for (const [at, code] of [[2, 'JOURNAL_FAILED'], [3, undefined]]) {
      const keeper = { keep: ({ revision }) => (revision >= at ? Promise.reject(why) : Promise.resolve()) }
      const call = service.sign(sample, { credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }), journal: keeper })
      if (code) await assert.rejects(call, hashoutError(code, (e) => assert.equal(e.cause, why)))
      else assert.equal((await call).documents[0].error.code, 'JOURNAL_FAILED')
    }
    assert.equal((await signHashes()).length, 0)
  })

  it('can be tried again after a wrong PIN, with the same hashes', async () => {
    const batch = await service.prepare([sample, other], { credential: 'demo-p-256' })
    const { hashes } = batch
    const wrong = await batch.finish({ PIN: '000000' })
    assert.deepEqual(wrong.documents.map((d) => d.error.code), ['AUTHORIZATION_FAILED', 'AUTHORIZATION_FAILED'])
    assert.deepEqual(batch.hashes, hashes)
    const { documents } = await batch.finish({ PIN: demo.pin })
    await checkSigned(documents[0], sample)
    await checkSigned(documents[1], other)
    const again = await batch.finish({ PIN: demo.pin })
    assert.equal(again.documents[0].blob, documents[0].blob, 'what has ended is given out again as it is')
    assert.deepEqual(await demo.signed(), { total: 2, most: 1 })
  })

  it('never sends again what had left, and goes on with the rest', async () => {
    let last
    await demo.faults({ endpoint: 'signatures/signHash', action: 'drop-after', nth: 2 })
    const { documents } = await service.sign([sample, other, sample], {
      credential: 'demo-p-256', batchSize: 1, authorize: () => ({ PIN: demo.pin }), journal: { keep: (journal) => void (last = JSON.stringify(journal)) },
    })
    await checkSigned(documents[0], sample)
    assert.equal(documents[1].error.code, 'OUTCOME_UNKNOWN')
    assert.equal(documents[2].error.details.submitted, false)
    await elsewhere(async (there) => {
      const batch = await there.restore(last, [sample, other, sample])
      assert.deepEqual(batch.documents.map((d) => d.state), ['received', 'unknown', 'prepared'])
      assert.equal(batch.hashes.length, 1)
      const rest = await batch.finish({ PIN: demo.pin })
      assert.equal(rest.documents[1].error.code, 'OUTCOME_UNKNOWN')
      await checkSigned(rest.documents[0], sample)
      await checkSigned(rest.documents[2], sample)
    })
    assert.deepEqual(await demo.signed(), { total: 3, most: 1 })
  })

  it('says of each file that it is another, and takes the right one later', async () => {
    const batch = await service.prepare([sample, other, sample], { credential: 'demo-p-256' })
    const changed = new Uint8Array(other)
    changed[changed.length >> 1] ^= 1
    const wrong = await service.restore(batch.toJSON(), [sample, changed])
    assert.deepEqual(wrong.documents.map((d) => [d.state, d.error?.code]), [['prepared', undefined], ['prepared', 'FILE_UNREADABLE'], ['prepared', 'FILE_UNREADABLE']])
    assert.equal(wrong.hashes.length, 1)
    await assert.rejects(service.restore('{"documents":7}', [sample]), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(service.restore(batch.toJSON(), [sample, other, sample, sample]), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(hashout.service({ url: 'https://other.example/csc/v1' }).restore(batch.toJSON(), [sample]), hashoutError('INVALID_ARGUMENT'))
    const { documents } = await (await service.restore(batch.toJSON(), [sample, other, sample])).finish({ PIN: demo.pin })
    for (const document of documents) assert.equal(document.error, undefined)
  })

  it('opens an encrypted document again with its password, which is not kept', async () => {
    const encrypted = readFileSync(join(root, 'web/test/pdfs/encrypted.pdf'))
    const batch = await service.prepare({ file: encrypted, password: 'foo' }, { credential: 'demo-p-256' })
    assert.equal(JSON.stringify(batch).includes('"foo"'), false)
    const without = await service.restore(batch.toJSON(), [encrypted])
    const right = await service.restore(batch.toJSON(), [{ file: encrypted, password: 'foo' }])
    assert.equal(right.documents[0].error, undefined)
    assert.match(without.documents[0].error?.code ?? 'opened by the empty password', /PDF_|empty/)
    assert.equal((await right.finish({ PIN: demo.pin })).documents[0].error, undefined)
  })

  it('is rebuilt with its visible appearance and with a field of its own for one document', async () => {
    const field = { name: 'Elsewhere', page: 1, rect: [36, 36, 236, 96] }
    const batch = await service.prepare([sample, { file: other, field }], { credential: 'demo-p-256', reason: 'Approved', field: { page: 1, rect: [300, 36, 500, 96] } })
    assert.deepEqual(batch.documents.map((d) => d.error), [undefined, undefined])
    await elsewhere(async (there) => {
      const again = await there.restore(JSON.stringify(batch), [sample, other])
      assert.deepEqual(again.documents.map((d) => d.error), [undefined, undefined])
      const { documents } = await again.finish({ PIN: demo.pin })
      await checkSigned(documents[0], sample)
      assert.equal(documents[1].signature.fieldName, 'Elsewhere')
    })
  })

  for (const [phase, ends] of [
    ['open', 'reject'], ['prepare', 'reject'], ['hash', 'reject'],
    ['authorize', 'ABORTED,ABORTED'], ['sign', 'OUTCOME_UNKNOWN,OUTCOME_UNKNOWN'], ['assemble', undefined], ['verify', undefined], ['done', undefined],
  ]) {
    it(`is cancelled in phase ${phase}, and nothing that was made is lost`, async () => {
      if (phase === 'sign') await demo.faults({ endpoint: 'signatures/signHash', action: 'delay-after' })
      const controller = new AbortController()
      const { signal } = controller
      const onProgress = (event) => event.phase === phase && controller.abort()
      const before = ends === 'reject'
      const preparing = service.prepare([sample, other], { credential: 'demo-p-256', ...(before && { signal, onProgress }) })
      const early = await preparing.then(() => undefined, (error) => error)
      if (early) assert.equal(early.code, 'ABORTED')
      if (before && !early) assert.equal((await preparing).hashes.length, 2, 'the cancellation came too late, and did nothing')
      if (!before) {
        const batch = await preparing
        const { documents } = await batch.finish({ PIN: demo.pin, signal, onProgress })
        const codes = documents.map((d) => d.error?.code ?? 'signed')
        if (ends && !before) assert.equal(codes.join(), ends)
        for (const code of codes) assert.match(code, phase === 'sign' ? /OUTCOME_UNKNOWN/ : /^(signed|ABORTED)$/)
        const rest = await batch.finish({ PIN: demo.pin })
        assert.deepEqual(rest.documents.map((d) => d.error?.code ?? 'signed'), phase === 'sign' ? codes : ['signed', 'signed'])
      }
      const { total, most } = await demo.signed()
      assert.equal(most <= 1 && (early ? total === 0 : total <= 2), true, `${total} signatures`)
    })
  }

  it('is finished by a SAD or token from elsewhere, which serves once', async () => {
    const batch = await service.prepare([sample, other], { credential: 'demo-oauth' })
    const { url, transaction } = await oauth.begin(batch.authorization)
    assert.equal(url.includes(batch.id), false, 'the reference stays here')
    const token = await oauth.complete(transaction, await allow(url))
    assert.equal(token.reference, batch.id)
    const { documents } = await batch.finish({ accessToken: token.accessToken })
    await checkSigned(documents[0], sample)
    const more = await service.prepare([sample, other], { credential: 'demo-p-521' }) // one signature for each authorization
    const results = await more.finish({ SAD: 'not one', onProgress() {} })
    assert.equal(results.documents.every((d) => d.error), true)
  })

  it('gives its signed documents out as streams too', async () => {
    const [document] = (await service.sign(sample, { credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }) })).documents
    const streamed = Buffer.from(await new Response(document.stream()).arrayBuffer())
    assert.equal(streamed.equals(Buffer.from(await document.blob.arrayBuffer())), true)
    assert.equal(structuredClone({ ...document }).blob.size, streamed.length)
  })

  it('tells how many bytes are hashed', async () => {
    const seen = []
    await service.prepare(sample, { credential: 'demo-p-256', onProgress: (e) => e.bytes !== undefined && seen.push([e.phase, e.bytes, e.totalBytes]) })
    assert.equal(seen.length >= 2, true)
    assert.equal(seen[0][1], 0)
    assert.equal(seen.at(-1)[1], seen.at(-1)[2])
    assert.equal(seen.at(-1)[2] > sample.length, true)
  })

  describe('when the engine dies', () => {
    /** Signs in a worker that is killed at the moment that `when` tells from the page's own fetch and keeper. */
    const killed = async (when, options = () => ({})) => {
      const workers = []
      const kill = () => workers.at(-1).thread.terminate()
      const next = await Hashout.load({
        worker: () => (workers.push(nodeWorker(workerURL)), workers.at(-1)),
        fetch: async (url, init) => {
          if (!String(url).endsWith('signHash')) return fetch(url, init)
          await when('request', kill)
          const response = await fetch(url, init)
          await when('response', kill)
          return response
        },
      })
      const there = next.service({ url: demo.service, accessToken: oauth.accessToken })
      let keeps = 0
      const call = there.sign([sample, other, sample], {
        credential: 'demo-p-256', batchSize: 1, authorize: () => ({ PIN: demo.pin }),
        journal: { keep: () => when(`keep ${++keeps}`, kill) },
        ...options(kill),
      })
      const settled = await call.then((result) => result.documents, (error) => error)
      const fresh = await there.sign(sample, { credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }) })
      await checkSigned(fresh.documents[0], sample)
      assert.equal(workers.length > 1, true, 'the next call has a fresh worker')
      next.dispose()
      return settled
    }
    const at = (wanted) => {
      let done = false
      return async (what, kill) => {
        if (what !== wanted || done) return
        done = true
        await kill()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }

    it('before anything left, the call rejects', async () => {
      const error = await killed(at('keep 1'))
      assert.equal(error.code, 'ENGINE_CRASHED')
      assert.deepEqual(await demo.signed(), { total: 1, most: 1 })
    })

    it('with a hash on its way, that outcome is unknown and the others are told apart', async () => {
      const documents = await killed(at('response'))
      assert.deepEqual(documents.map((d) => d.error?.code), ['OUTCOME_UNKNOWN', 'ENGINE_CRASHED', 'ENGINE_CRASHED'])
      assert.deepEqual(await demo.signed(), { total: 2, most: 1 })
    })

    it('after a signature came back, a fresh engine puts it into its document', async () => {
      const documents = await killed(at('keep 3')) // 1 prepared, 2 submitted, 3 received
      assert.deepEqual(documents.map((d) => d.error?.code), [undefined, 'ENGINE_CRASHED', 'ENGINE_CRASHED'])
      await checkSigned(documents[0], sample)
    })

    it('while it assembles, what has ended and what was received is given out', async () => {
      const documents = await killed(at('keep 7')) // the third is received, the others are that or have ended
      assert.equal(documents.length, 3)
      for (const [i, document] of documents.entries()) await checkSigned(document, i === 1 ? other : sample)
    })

    it('with the first document ended and the next on their way, each is told apart', async () => {
      let ends = 0
      const documents = await killed(() => {}, (kill) => ({ onProgress: ({ phase }) => phase === 'done' && ++ends === 1 && kill() }))
      await checkSigned(documents[0], sample)
      for (const [i, document] of documents.entries()) {
        if (document.blob) await checkSigned(document, i === 1 ? other : sample)
        else assert.match(document.error.code, /^(OUTCOME_UNKNOWN|ENGINE_CRASHED)$/)
      }
      assert.equal((await demo.signed()).most, 1)
    })
  })

  describe('the store of the browser', () => {
    const store = () => new JournalStore({ indexedDB: new IDBFactory() })

    it('keeps journal and files, and forgets them when told', async () => {
      const journals = store()
      const batch = await service.prepare([new File([sample], 'a.pdf'), 'no document'], { credential: 'demo-p-256' })
      await batch.keep(journals)
      const [kept] = await journals.list()
      assert.equal(kept.id, batch.id)
      assert.equal(kept.files[0].name, 'a.pdf')
      assert.equal(Buffer.from(await kept.files[0].file.arrayBuffer()).equals(sample), true)
      assert.equal(kept.files[1], undefined)
      assert.equal(kept.since <= new Date(), true)
      const { documents } = await (await service.restore(kept.journal, kept.files)).finish({ PIN: demo.pin, journal: journals })
      assert.equal(documents[0].name, 'a.pdf')
      await checkSigned(documents[0], sample)
      assert.equal((await journals.get(batch.id)).journal.documents[0].state, 'signed')
      await journals.drop(batch.id)
      assert.deepEqual(await journals.list(), [])
      assert.equal(await journals.get(), undefined)
    })

    it('lets only one of two pages go on', async () => {
      const journals = store()
      const batch = await service.prepare([sample, other], { credential: 'demo-p-256' })
      await batch.keep(journals)
      const [kept] = await journals.list()
      const pages = await Promise.all([1, 2].map(() => service.restore(kept.journal, kept.files)))
      const results = await Promise.all(pages.map((page) => page.finish({ PIN: demo.pin, journal: journals })))
      const codes = results.map(({ documents }) => documents.map((d) => d.error?.code ?? 'signed').join()).sort()
      assert.deepEqual(codes, ['JOURNAL_FAILED,JOURNAL_FAILED', 'signed,signed'])
      assert.deepEqual(await demo.signed(), { total: 2, most: 1 })
    })

    it('says so where there is none', async () => {
      await assert.rejects(new JournalStore().list(), hashoutError('JOURNAL_FAILED'))
    })
  })
})
