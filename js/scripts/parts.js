// What is built into dist: a bill of materials (CycloneDX 1.6) and the notices of the parts' licences. Both are the same for the same
// sources: no date, no machine, no random number.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const go = (...args) => execFileSync(process.env.GO ?? 'go', args, { cwd: here('..'), encoding: 'utf8', env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' } })

/** The licences of the parts, by the words that only they have. An unknown one stops the build: somebody must read it first. */
const licences = {
  MIT: /Permission is hereby granted, free of charge/,
  'BSD-3-Clause': /Redistribution and use in source and binary forms[^]*(?:Neither the name|may not be used to endorse)/,
  'OFL-1.1': /SIL OPEN FONT LICENSE Version 1\.1/,
  'Apache-2.0': /Apache License\s+Version 2\.0/,
}

function licenceOf(name, dir) {
  const file = readdirSync(dir).filter((f) => /^(LICEN[CS]E|COPYING|OFL)(\.(md|txt))?$/i.test(f)).sort()[0]
  if (!file) throw new Error(`${name} has no licence file`)
  const text = readFileSync(join(dir, file), 'utf8').trim()
  const found = Object.keys(licences).filter((id) => licences[id].test(text))
  if (found.length === 0) throw new Error(`the licence of ${name} is none of ${Object.keys(licences).join(', ')}: ${join(dir, file)}`)
  return { ids: found, text }
}

/** Go's library and the modules that the engines link. */
function goParts() {
  const version = go('env', 'GOVERSION').trim().slice(2)
  const listed = go('list', '-deps', '-f', '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Sum}}\t{{.Dir}}{{end}}{{end}}', './wasm', './wasm/appearance')
  const modules = [...new Set(listed.split('\n').filter(Boolean))].sort().map((line) => line.split('\t'))
  return [
    { name: 'std', version, purl: `pkg:golang/std@${version}`, description: 'Go run time and standard library; wasm_exec.js', ...licenceOf('Go', go('env', 'GOROOT').trim()) },
    ...modules.map(([name, version, sum, dir]) => ({
      name, version, purl: `pkg:golang/${name}@${version}`, ...licenceOf(name, dir),
      // go.sum's h1 is a SHA-256 over the module's files.
      hash: { alg: 'SHA-256', content: Buffer.from(sum.replace('h1:', ''), 'base64').toString('hex') },
    })),
  ]
}

/** The npm packages of which esbuild put something into a bundle. */
function npmParts(metafiles) {
  const inputs = metafiles.flatMap((meta) => Object.keys(meta.inputs))
  const names = new Set(inputs.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean))
  const lock = JSON.parse(readFileSync(here('package-lock.json'), 'utf8'))
  return [...names].sort().map((name) => {
    const { version, integrity } = lock.packages[`node_modules/${name}`]
    const [algorithm, digest] = integrity.split('-')
    return {
      name, version, purl: `pkg:npm/${name.replace('@', '%40')}@${version}`, ...licenceOf(name, here(`node_modules/${name}`)),
      hash: { alg: algorithm.toUpperCase().replace(/^SHA(?=\d)/, 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') },
    }
  })
}

/** The font that appearances are set in; defaultfont/README.md says how it was made. */
function fontPart() {
  const dir = here('../pdfprep/appearance/defaultfont')
  const content = createHash('sha256').update(readFileSync(join(dir, 'hashout-font.ttf'))).digest('hex')
  const version = '20201225'
  return { name: 'Noto Sans', version, purl: `pkg:generic/noto-sans@${version}`, description: 'a part of it is hashout-font.ttf', ...licenceOf('Noto Sans', dir), hash: { alg: 'SHA-256', content } }
}

/** Writes dist/sbom.cdx.json and dist/NOTICES.txt. */
export function writeParts(metafiles) {
  const manifest = JSON.parse(readFileSync(here('package.json'), 'utf8'))
  const parts = [...goParts(), ...npmParts(metafiles), fontPart()]
  const self = `pkg:npm/${manifest.name}@${manifest.version}`
  const sha256 = (file) => [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(here(`dist/${file}`))).digest('hex') }]
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'library', 'bom-ref': self, name: manifest.name, version: manifest.version, description: manifest.description, purl: self,
        licenses: [{ license: { id: manifest.license } }],
        components: readdirSync(here('dist')).filter((f) => /\.(js|wasm|ttf)$/.test(f)).sort().map((f) => ({ type: 'file', 'bom-ref': `dist/${f}`, name: `dist/${f}`, hashes: sha256(f) })),
      },
    },
    components: parts.map(({ name, version, purl, description, ids, hash }) => ({
      type: 'library', 'bom-ref': purl, name, version, ...(description && { description }), purl, licenses: ids.map((id) => ({ license: { id } })), ...(hash && { hashes: [hash] }),
    })),
    dependencies: [{ ref: self, dependsOn: parts.map((part) => part.purl) }],
  }
  writeFileSync(here('dist/sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`)
  const rule = '-'.repeat(80)
  const notices = parts.map(({ name, version, text }) => `${rule}\n${name} ${version}\n${rule}\n${text}\n`)
  writeFileSync(here('dist/NOTICES.txt'), `hashout contains parts of these works, under their licences.\n\n${notices.join('\n')}`)
}
