// Prints the size of an engine as it travels and fails above its budget, given in bytes at brotli 11: `node size.mjs FILE BUDGET`.
import { readFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const file = process.argv[2]
const budget = Number(process.argv[3] ?? 1_400_000)
const raw = readFileSync(file)
const brotli = brotliCompressSync(raw, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
}).length
const gzip = gzipSync(raw, { level: 9 }).length
const mb = (n) => (n / 1e6).toFixed(3)
console.log(`${file}: raw ${mb(raw.length)} MB, gzip ${mb(gzip)} MB, brotli ${mb(brotli)} MB of ${mb(budget)} MB`)
if (brotli > budget) {
  console.error(`the engine is ${brotli - budget} bytes over its budget`)
  process.exit(1)
}
