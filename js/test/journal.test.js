// The store of journals in the browser: whole documents or none, one writer at a time, and an answer always.

import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { IDBFactory } from 'fake-indexeddb'
import { JournalStore } from '../dist/journal.js'
import { hashoutError } from './support/bundle.js'

const at = (revision, id = 'a') => ({ version: 1, id, revision, documents: [] })
const bytes = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) ^ (i >> 8)))
const unreadable = (size) => Object.assign(new Blob([new Uint8Array(size)]), { slice: (from) => ({ arrayBuffer: async () => (from === 0 ? new ArrayBuffer(1) : Promise.reject(new DOMException('gone', 'NotReadableError'))) }) })

describe('the store of journals', () => {
  let indexedDB
  let store
  beforeEach(() => {
    indexedDB = new IDBFactory()
    store = new JournalStore({ indexedDB })
  })

  /** How many records each of its object stores has. */
  const records = () =>
    new Promise((resolve, reject) => {
      const opened = indexedDB.open('hashout')
      opened.onerror = () => reject(opened.error)
      opened.onsuccess = () => {
        const db = opened.result
        const counts = {}
        const transaction = db.transaction(Array.from(db.objectStoreNames))
        for (const name of db.objectStoreNames) transaction.objectStore(name).count().onsuccess = ({ target }) => (counts[name] = target.result)
        transaction.oncomplete = () => (db.close(), resolve(counts))
      }
    })

  for (const size of [0, 1, (2 << 20) - 1, 2 << 20, (4 << 20) + 5]) {
    it(`gives back a document of ${size} bytes, its type and its name`, async () => {
      const content = bytes(size)
      await store.keep(at(1), [{ file: new Blob([content], { type: 'application/pdf' }), name: 'a.pdf' }, undefined, { file: new Blob(['b']) }])
      const { files } = await store.get('a')
      assert.equal(Buffer.from(await files[0].file.arrayBuffer()).equals(content), true)
      assert.deepEqual([files[0].file.type, files[0].name], ['application/pdf', 'a.pdf'])
      assert.equal(files[1], undefined)
      assert.deepEqual([await files[2].file.text(), 'name' in files[2]], ['b', false])
      await store.drop('a')
      assert.deepEqual(await records(), { journals: 0, pieces: 0, shelves: 0 })
    })
  }

  it('keeps changes in their order, though the first takes longer', async () => {
    const files = [{ file: new Blob([bytes(5 << 20)]) }]
    await Promise.all([1, 2, 3].map((revision) => store.keep(at(revision), files)))
    assert.equal((await store.get('a')).journal.revision, 3)
    await assert.rejects(store.keep(at(3), files), hashoutError('JOURNAL_FAILED'))
  })

  it('gives one, or the newest, or all', async () => {
    for (const id of ['a', 'b', 'c']) {
      await store.keep(at(1, id), [{ file: new Blob([id]) }])
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await store.keep(at(2, 'a'), [])
    assert.deepEqual((await store.list()).map(({ id, journal }) => id + journal.revision), ['c1', 'b1', 'a2'])
    assert.equal((await store.get()).id, 'c')
    assert.equal(await (await store.get('a')).files[0].file.text(), 'a')
    assert.equal(await store.get('d'), undefined)
  })

  it('loses no other document by one that cannot be read', async () => {
    await store.keep(at(1), [{ file: unreadable(5 << 20) }, { file: new Blob(['b']) }])
    const { files } = await store.get('a')
    assert.deepEqual([files[0], await files[1].file.text()], [undefined, 'b'])
    assert.deepEqual(await records(), { journals: 1, pieces: 1, shelves: 1 })
  })

  it('keeps all of a signing or nothing, and says which', async () => {
    let writes = 0
    const full = failing(indexedDB, () => ++writes === 4)
    const files = [{ file: new Blob([bytes(9 << 20)]) }]
    await assert.rejects(new JournalStore({ indexedDB: full }).keep(at(1), files), hashoutError('JOURNAL_FAILED'))
    assert.deepEqual(await records(), { journals: 0, pieces: 0, shelves: 0 })
    assert.equal(await store.get('a'), undefined)
  })

  it('clears what a page left half written, a day later and not before', async (t) => {
    let writes = 0
    const dying = failing(indexedDB, () => ++writes > 4)
    const dies = (id) => assert.rejects(new JournalStore({ indexedDB: dying }).keep(at(1, id), [{ file: new Blob([bytes(9 << 20)]) }]), hashoutError('JOURNAL_FAILED'))
    await dies('dead')
    assert.deepEqual(await records(), { journals: 0, pieces: 2, shelves: 1 })
    await store.keep(at(1, 'b'), [{ file: new Blob(['b']) }])
    assert.deepEqual(await records(), { journals: 1, pieces: 3, shelves: 2 })
    const now = Date.now()
    t.mock.method(Date, 'now', () => now + 86_400_001)
    await store.keep(at(1, 'c'), [{ file: new Blob(['c']) }])
    assert.deepEqual(await records(), { journals: 2, pieces: 2, shelves: 2 })
    assert.equal((await store.list()).length, 2)
  })

  it('makes room for itself where an older version kept something', async () => {
    await new Promise((resolve) => {
      const request = indexedDB.open('hashout', 1)
      request.onupgradeneeded = () => request.result.createObjectStore('documents')
      request.onsuccess = () => (request.result.close(), resolve())
    })
    await store.keep(at(1), [])
    assert.deepEqual(await records(), { journals: 1, pieces: 0, shelves: 1 })
  })

  describe('whose database does not answer says so in time', () => {
    const cases = { 'while it is opened': () => ({ open: () => ({}) }), 'in a transaction': () => silent(indexedDB) }
    for (const [when, factory] of Object.entries(cases)) {
      it(when, async () => {
        const mute = new JournalStore({ indexedDB: factory(), limitMs: 30 })
        const ends = hashoutError('JOURNAL_FAILED', (error) => assert.equal(error.retryable, true))
        await assert.rejects(mute.keep(at(1), []), ends)
        await assert.rejects(mute.list(), ends)
        await assert.rejects(mute.drop('a'), ends)
      })
    }
  })
})

/** A factory whose databases abort the writing transactions that `fails` says. */
const failing = (factory, fails) =>
  through(factory, (transaction) => {
    if (transaction.mode === 'readwrite' && fails()) queueMicrotask(() => transaction.abort())
    return transaction
  })

/** A factory whose transactions never say that they are complete. */
const silent = (factory) => through(factory, (transaction) => ({ objectStore: (name) => transaction.objectStore(name), abort() {} }))

function through(factory, change) {
  const open = (...args) => {
    const request = factory.open(...args)
    const facade = {}
    request.onupgradeneeded = () => facade.onupgradeneeded(void (facade.result = request.result))
    request.onsuccess = () => {
      const db = request.result
      facade.result = { transaction: (...asked) => change(db.transaction(...asked)), close: () => db.close() }
      facade.onsuccess()
    }
    return facade
  }
  return { open }
}
