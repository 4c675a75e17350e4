// Writes hashout.wasm.br and hashout.wasm.gz beside dist/hashout.wasm, for servers that send precompressed files.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** Compresses file unless that was done already: brotli at its best level takes several seconds. */
export function compress(file) {
  const fresh = (path) => existsSync(path) && statSync(path).mtimeMs >= statSync(file).mtimeMs
  if (fresh(`${file}.br`) && fresh(`${file}.gz`)) return
  const bytes = readFileSync(file)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }))
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
}
