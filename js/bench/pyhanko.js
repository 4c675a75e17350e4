// pyHanko beside, natively: no browser, so for orientation only.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const script = fileURLToPath(new URL('pyhanko_sign.py', import.meta.url))
const venv = process.env.HASHOUT_VENV ?? fileURLToPath(new URL('../../.cache/venv', import.meta.url))

/** The median milliseconds of signing the file at path, or undefined where pyHanko is not installed. */
export async function pyhanko(path, { certificateFile }, dir) {
  const python = join(venv, 'bin/python')
  if (!existsSync(python)) return undefined
  try {
    const { stdout } = await promisify(execFile)(python, [script, path, certificateFile, join(dir, 'pyhanko.pdf')], { timeout: 60_000 })
    return JSON.parse(stdout)
  } catch (error) {
    return { error: error.killed ? 'it took longer than 60 s' : String(error.stderr ?? error.message).trim().split('\n').at(-1) }
  }
}
