// `make bench`: installs what it compares with, measures, prints. Options: --huge adds the 1 GB file, --only TEXT takes the
// documents whose names contain TEXT, --keep writes measured.json, which is committed, beside results.json.

import { execFileSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({ options: { huge: { type: 'boolean' }, only: { type: 'string' }, keep: { type: 'boolean' } } })

const installed = here('node_modules/.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(here('package-lock.json')).mtimeMs) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here('.'), stdio: 'inherit' })
}
const { measure } = await import('./measure.js')
const { print } = await import('./report.js')

const results = await measure({ ...values, note: (text) => process.stderr.write(`${text}\n`) })
const json = JSON.stringify(results, null, 2) + '\n'
writeFileSync(here('results.json'), json)
if (values.keep) writeFileSync(here('measured.json'), json)
print(results)
// The measured figures differ from machine to machine; that hashout signs what it is measured with does not.
if (results.documents.some((document) => document.tools.hashout.error)) process.exitCode = 1
