// Tabs and workers are killed in the middle of every step of a signing. Afterwards nothing may be lost, and the service may not have signed
// anything twice: it counts. KILL_RUNS=1000 (make kill) goes round the steps until that many were killed; the default is once around.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Hashout } from '../dist/index.js'
import { OAuth } from '../dist/oauth.js'
import { root } from './support/bundle.js'
import { nodeWorker } from './support/node-worker.js'
import { allow, startService } from './support/service.js'
import { checkSigned } from './support/signed.js'
import { signing } from './support/steps.js'

const files = ['service-agreement', 'order-confirmation', 'service-agreement'].map((name) => readFileSync(join(root, 'web/samples', `${name}.pdf`)))
const module = await WebAssembly.compile(readFileSync(new URL('../dist/hashout.wasm', import.meta.url)))

describe('killed at every step', { timeout: 3_600_000 }, () => {
  let demo
  let oauth
  let hashout
  before(async () => {
    demo = await startService()
    hashout = await Hashout.load({ wasmURL: module, worker: false })
    const info = await hashout.service({ url: demo.service }).info()
    oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    const { url, transaction } = await oauth.begin()
    await oauth.complete(transaction, await allow(url))
  })
  after(async () => {
    hashout?.dispose()
    await demo?.stop()
  })

  const settings = async () => ({ service: demo.service, token: await oauth.accessToken(), credential: 'demo-p-256', pin: demo.pin, files, batchSize: 1 })

  /** A disk, which outlives whoever writes to it. */
  const newDisk = () => ({
    journal: undefined,
    keep(journal) {
      if (this.journal && this.journal.revision >= journal.revision) throw new Error('another page goes on with it')
      this.journal = journal
    },
  })

  /** Runs a page in a thread and kills the thread at a step; without a step it lives. Resolves to the steps it took. */
  const tab = async (killAt, disk) => {
    const steps = []
    const thread = new Worker(new URL('./support/page-thread.js', import.meta.url), { workerData: { ...(await settings()), killAt, module } })
    await new Promise((resolve, reject) => {
      thread.on('error', reject)
      thread.on('exit', resolve)
      thread.on('message', ({ step, journal, killMe, finished }) => {
        if (step) steps.push(step)
        if (journal) {
          disk.keep(JSON.parse(journal))
          thread.postMessage({})
        }
        if (killMe || finished) void thread.terminate()
      })
    })
    return { steps, documents: [] }
  }

  /** Signs in this thread and kills the engine's worker at a step. The page lives on and has its results. */
  const worker = async (killAt, disk) => {
    let workers = 0
    let current
    const reach = (step) => (step === killAt && workers === 1 ? current.thread.terminate() : undefined)
    const { load, sign } = signing(await settings(), reach, async (journal) => disk.keep(journal))
    const page = await Hashout.load({
      ...load,
      wasmURL: module,
      worker: () => (workers++, (current = nodeWorker(new URL('../dist/worker.js', import.meta.url)))),
    })
    const documents = await sign(page).then((result) => result.documents, () => [])
    page.dispose()
    return { documents }
  }

  /** What a new page does with what is on the disk. Every document must end, and the service's count must agree. */
  const recover = async ({ documents }, disk, before) => {
    const ends = files.map((_, i) => documents[i])
    if (disk.journal) {
      const service = hashout.service({ url: demo.service, accessToken: oauth.accessToken })
      const batch = await service.restore(JSON.stringify(disk.journal), files)
      const rest = await batch.finish({ PIN: demo.pin, journal: { keep: (journal) => disk.keep(journal) } })
      rest.documents.forEach((d, i) => (ends[i] = ends[i]?.blob ? ends[i] : d))
    }
    const { total, most } = await demo.signed()
    const made = total - before
    const signed = ends.filter((d) => d?.blob).length
    const unknown = ends.filter((d) => d?.error?.code === 'OUTCOME_UNKNOWN').length
    assert.equal(most <= 1, true, 'a hash was signed twice')
    if (!disk.journal) {
      assert.equal(made, 0, 'something was signed that no journal knows of')
      return 'nothing had left'
    }
    assert.deepEqual(ends.map((d) => d?.error?.code).filter((code) => code && code !== 'OUTCOME_UNKNOWN'), [], 'a document was lost')
    assert.equal(signed + unknown, files.length)
    assert.equal(signed <= made && made <= signed + unknown, true, `${made} signatures were made, ${signed} are in documents, ${unknown} are unknown`)
    for (const [i, d] of ends.entries()) if (d.blob) await checkSigned(d, files[i])
    return unknown ? 'one unknown' : 'all signed'
  }

  it('loses nothing and signs nothing twice', async () => {
    const { steps } = await tab(undefined, newDisk())
    assert.equal(steps.length > 40, true, steps.join(', '))
    for (const wanted of ['open of 0', 'hash of 2', 'authorize', 'before keep 2', 'after keep 2', 'before signatures/signHash 1', 'after signatures/signHash 3', 'assemble of 1', 'done of 2', 'the call has resolved']) {
      assert.equal(steps.includes(wanted), true, `no step ${wanted} among ${steps.join(', ')}`)
    }
    const runs = Number(process.env.KILL_RUNS ?? 60)
    const tally = {}
    for (let run = 0; run < runs; run++) {
      // Tabs and workers in turn; in the second round each step is met by the other.
      const step = steps[run % steps.length]
      const kill = (run + Math.floor(run / steps.length)) % 2 ? worker : tab
      const disk = newDisk()
      const before = (await demo.signed()).total
      try {
        const outcome = `${kill.name}: ${await recover(await kill(step, disk), disk, before)}`
        tally[outcome] = (tally[outcome] ?? 0) + 1
      } catch (error) {
        error.message = `${kill.name} killed at "${step}" (run ${run}): ${error.message}`
        throw error
      }
    }
    console.log(`${runs} killed, at ${steps.length} steps: ${JSON.stringify(tally)}`)
  })
})
