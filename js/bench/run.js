// `make bench`: installs what it compares with, measures, prints, keeps results/latest.json and writes the README's figures from
// it. Options: --only TEXT takes the documents whose names contain TEXT, and keeps nothing; --soak N signs N documents through
// one worker instead.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({ options: { only: { type: 'string' }, soak: { type: 'string' } } })

const installed = here('node_modules/.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(here('package-lock.json')).mtimeMs) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here('.'), stdio: 'inherit' })
}
const { measure, soak } = await import('./measure.js')
const { print } = await import('./report.js')

const note = (text) => process.stderr.write(`${text}\n`)
if (values.soak) {
  const { total, page, worker, resident } = await soak(Number(values.soak), note)
  // What is resident says when collectors and allocators saw fit to give back, by tens of megabytes: it is shown, and no bar.
  note(`${total} documents: ${page.toFixed(0)} bytes of the page's heap, ${worker.toFixed(0)} of the worker's per document; ${resident.toFixed(0)} resident`)
  process.exit(page < 1024 && worker < 1024 ? 0 : 1)
}
const results = await measure({ only: values.only, huge: !values.only || values.only.startsWith('1 GB'), note })
print(results)
if (!values.only) {
  mkdirSync(here('results'), { recursive: true })
  writeFileSync(here('results/latest.json'), JSON.stringify(results, null, 2) + '\n')
  await import('./readme.js')
}
// The measured figures differ from machine to machine; that hashout signs what it is measured with does not.
if (results.documents.some((document) => document.tools.hashout.error)) process.exitCode = 1
