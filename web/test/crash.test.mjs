// The real engine dies in a real browser, of memory that grew as far as WebAssembly goes and of a stack exhausted in a callback: what is
// pending is told, and the next call works on a fresh worker. An error of the page's own callbacks kills nothing.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { browserName } from './lib/browser.mjs'
import { startHost } from './lib/host.mjs'
import { login } from './lib/login.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 120_000

/** Comes before hashout's own worker script: brings a death about by a message, and nothing else. Go's last words are passed on. */
function fates() {
  const { instantiate } = WebAssembly
  const { postMessage } = globalThis
  let exhausts = false
  WebAssembly.instantiate = async (module, imports) => {
    const { gojs } = imports
    const write = gojs['runtime.wasmWrite']
    gojs['runtime.wasmWrite'] = (sp) => {
      const { buffer } = instance.exports.mem
      const [at, length] = [8, 16].map((more) => Number(new DataView(buffer).getBigInt64(sp + 8 + more, true) & 0xffffffffn))
      postMessage({ said: new TextDecoder().decode(new Uint8Array(buffer, at, length)) })
      write(sp)
    }
    const instance = await instantiate(module, imports)
    addEventListener('message', ({ data }) => {
      if (data.fate === 'no more stack') exhausts = true
      if (data.fate !== 'no more memory') return
      // To the end of what 32 bits reach. Go does not know of it, and asks for more when it has used up its own.
      const { mem } = instance.exports
      mem.grow(65536 - mem.buffer.byteLength / 65536)
      gojs['runtime.resetMemoryDataView']()
    })
    return instance
  }

  let tries = 400
  /** Works where the stack ends, and at each level above. */
  const atTheEnd = (work) => {
    try {
      atTheEnd(work)
    } catch {}
    try {
      if (tries-- > 0) work()
    } catch {}
  }
  globalThis.postMessage = (message, transfer) => {
    if (message.type === 'progress' && exhausts) {
      exhausts = false
      // Go is calling the page; now the page calls Go. Once before, for a function that is not compiled yet needs more stack than Go does.
      const callBack = () => globalThis.onmessage({ data: { type: 'call', id: 0, method: 'inspect', args: {} } })
      callBack()
      atTheEnd(callBack)
    }
    postMessage(message, transfer)
  }
}

/** In the page: one signing waits for its PIN while the engine meets its fate in others; afterwards the page signs once more. */
async function meet({ service: url, token, pin, pdf, fate }) {
  const { Hashout } = await import('/hashout/index.js')
  let workers = 0
  let said = ''
  let current
  const hashout = await Hashout.load({
    worker: () => {
      workers++
      current = new Worker('/fated.js', { type: 'module' })
      current.addEventListener('message', ({ data }) => void (said += data.said ?? ''))
      return current
    },
  })
  const service = hashout.service({ url, accessToken: token })
  const file = new Blob([new Uint8Array(pdf)])
  const told = (call) => {
    const words = (error) => (error ? `${error.code}${error.cause ? ` of ${error.cause.name}` : ''}` : 'signed')
    const end = call.then(({ documents: [{ error }] }) => words(error), words)
    return Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20_000, 'never told'))])
  }
  const sign = (options) => told(service.sign(file, { credential: 'demo-p-256', authorize: () => ({ PIN: pin }), ...options }))

  let withdrawn = false
  let go
  const asked = new Promise((resolve) => (go = resolve))
  const answer = Promise.withResolvers()
  const pending = sign({
    authorize: ({ signal }) => {
      signal.onabort = () => (withdrawn = true)
      go()
      return answer.promise
    },
  })
  await asked
  let fatal
  if (fate.startsWith('no more')) {
    current.postMessage({ fate })
    fatal = await Promise.all(Array.from({ length: 20 }, () => sign()))
  } else {
    const endless = () => endless()
    addEventListener('error', (event) => event.preventDefault())
    fatal = [await sign({ [fate]: endless })]
  }
  const crashed = withdrawn
  answer.resolve({ PIN: pin })
  return { fatal, pending: await pending, crashed, next: await sign(), workers, said }
}

const scripts = { '/page.js': '', '/fates.js': `(${fates})()`, '/fated.js': `import '/fates.js'\nimport '/hashout/worker.js'\n` }
let host
after(() => host?.stop())

async function run(fate) {
  await it.demo.reset()
  host ??= await startHost(scripts, it.demo.service)
  const context = await it.browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(host.url)
    return await page.evaluate(meet, { service: it.demo.service, token: await login(it.demo), pin: it.demo.pin, pdf: [...(await readFile(pdf('reportlab.pdf')))], fate })
  } finally {
    await context.close()
  }
}

for (const [fate, lastWords] of [['no more memory', /(out of|cannot allocate) memory/], ['no more stack', /^$/]]) {
  test(`${fate}: what is pending is ENGINE_CRASHED, and the next call works`, { skip: it.skip, timeout }, async () => {
    const { fatal, said, ...rest } = await run(fate)
    assert.deepEqual(rest, { pending: 'ENGINE_CRASHED', crashed: true, next: 'signed', workers: 2 })
    assert.match(said, lastWords)
    const count = (code) => fatal.filter((one) => one === code).length
    assert.ok(count('ENGINE_CRASHED') > 0)
    assert.equal(count('ENGINE_CRASHED') + count('OUTCOME_UNKNOWN') + count('signed'), fatal.length, fatal.join())
    const { total, most } = await it.demo.signed()
    assert.ok(most <= 1, 'a hash was signed twice')
    assert.ok(total - 1 >= count('signed') && total - 1 <= count('signed') + count('OUTCOME_UNKNOWN'), `${total - 1} signatures were made: ${fatal.join()}`)
  })
}

const exhausted = browserName === 'firefox' ? 'InternalError' : 'RangeError'
for (const [callback, outcome] of [['authorize', `AUTHORIZATION_FAILED of ${exhausted}`], ['onProgress', 'signed']]) {
  test(`a stack exhausted in the page’s own ${callback} kills nothing`, { skip: it.skip, timeout }, async () => {
    assert.deepEqual(await run(callback), { fatal: [outcome], pending: 'signed', crashed: false, next: 'signed', workers: 1, said: '' })
  })
}
