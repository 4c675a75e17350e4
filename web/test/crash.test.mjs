// The real engine dies in a real browser, of memory that grew as far as WebAssembly goes and of a stack exhausted in a callback: what is
// pending is told, and the next call works on a fresh worker. An error of the page's own callbacks kills nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { login } from './lib/login.mjs'
import { stage } from './lib/stage.mjs'

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
async function meet({ service: url, token, pin, fate }) {
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
  const file = await (await fetch('/samples/service-agreement.pdf')).blob()
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

async function run(fate) {
  await it.demo.reset()
  // The page's own policy knows no worker but hashout's.
  const context = await it.browser.newContext({ bypassCSP: true })
  try {
    const javascript = (body) => (route) => route.fulfill({ contentType: 'text/javascript', body })
    await context.route('**/fated.js', javascript(`import '/fates.js'\nimport '/hashout/worker.js'\n`))
    await context.route('**/fates.js', javascript(`(${fates})()`))
    const page = await context.newPage()
    await page.goto(it.demo.url)
    return await page.evaluate(meet, { service: it.demo.service, token: await login(it.demo), pin: it.demo.pin, fate })
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

for (const [callback, outcome] of [['authorize', 'AUTHORIZATION_FAILED of RangeError'], ['onProgress', 'signed']]) {
  test(`a stack exhausted in the page’s own ${callback} kills nothing`, { skip: it.skip, timeout }, async () => {
    assert.deepEqual(await run(callback), { fatal: [outcome], pending: 'signed', crashed: false, next: 'signed', workers: 1, said: '' })
  })
}
