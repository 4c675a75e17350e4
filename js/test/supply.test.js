// What is in the package and where it came from: the bill of materials before an outside judge, the notices, pins, and what the package
// asks of its users' machines.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { root } from './support/bundle.js'
import { consumers, installTools } from './support/consumers.js'

const read = (path) => readFileSync(join(root, path), 'utf8')
const dist = (name) => join(root, 'js/dist', name)
const json = (path) => JSON.parse(read(path))

describe('the bill of materials', { timeout: 240_000 }, () => {
  let validator
  let bill
  before(async () => {
    installTools()
    bill = JSON.parse(readFileSync(dist('sbom.cdx.json'), 'utf8'))
    const { default: CycloneDX } = await import(join(consumers, 'node_modules/@cyclonedx/cyclonedx-library/dist.node/index.node.js'))
    validator = new CycloneDX.Validation.JsonStrictValidator('1.6')
  })

  it('is CycloneDX, says the library of its makers', async () => {
    assert.equal(await validator.validate(JSON.stringify(bill)), null)
    assert.notEqual(await validator.validate(JSON.stringify({ ...bill, components: [{ type: 'nonsense' }] })), null)
  })

  it('names every module that the engines link, and no other', () => {
    const env = { ...process.env, GOOS: 'js', GOARCH: 'wasm' }
    const modules = execFileSync(process.env.GO ?? 'go', ['list', '-deps', '-f', '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}', './wasm', './wasm/appearance'], { cwd: root, encoding: 'utf8', env })
    const golang = bill.components.filter((c) => c.purl.startsWith('pkg:golang/') && c.name !== 'std').map((c) => `${c.name} ${c.version}`)
    assert.deepEqual(golang.sort(), [...new Set(modules.split('\n').filter(Boolean))].sort())
  })

  it('names every npm package in the source maps, and no other', () => {
    const sources = readdirSync(dist('')).filter((f) => f.endsWith('.js.map')).flatMap((f) => JSON.parse(readFileSync(dist(f), 'utf8')).sources)
    const names = new Set(sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1]).filter(Boolean))
    assert.deepEqual(bill.components.filter((c) => c.purl.startsWith('pkg:npm/')).map((c) => c.name).sort(), [...names].sort())
  })

  it('has the hashes of the files beside it', () => {
    const files = bill.metadata.component.components
    assert.deepEqual(files.map((f) => f.name.slice(5)), readdirSync(dist('')).filter((f) => /\.(js|wasm|ttf)$/.test(f)).sort())
    for (const { name, hashes } of files) {
      assert.equal(createHash('sha256').update(readFileSync(dist(name.slice(5)))).digest('hex'), hashes[0].content, name)
    }
  })

  it('goes with a notice for every part', () => {
    const notices = readFileSync(dist('NOTICES.txt'), 'utf8')
    for (const { name, version } of bill.components) assert.equal(notices.includes(`\n${name} ${version}\n`), true, name)
    assert.match(notices, /The Go Authors/)
  })
})

describe('the sources', () => {
  const manifests = ['js', 'js/test/consumers', 'web']

  for (const dir of manifests) {
    it(`${dir} pins every package, by version and by hash, and names no registry`, () => {
      const { devDependencies = {}, dependencies = {} } = json(`${dir}/package.json`)
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
      const lock = json(`${dir}/package-lock.json`)
      for (const [path, entry] of Object.entries(lock.packages)) {
        if (path !== '' && !entry.link) assert.match(entry.integrity ?? '', /^sha512-/, path)
      }
      assert.doesNotMatch(JSON.stringify(Object.values(lock.packages).map((p) => p.resolved)), /https?:/)
    })
  }

  it('pin the judges from PyPI', () => {
    for (const line of read('.ci/judges-requirements.txt').split('\n').filter((l) => l && !l.startsWith('#'))) assert.match(line, /^[\w.[\]-]+==[\w.]+/)
  })

  it('replace no Go module', () => {
    for (const file of ['go.mod', '.ci/tools/go.mod']) assert.doesNotMatch(read(file), /^replace\b/m, file)
  })
})

describe('the package', () => {
  const manifest = json('js/package.json')

  it('runs nothing when it is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepack']) assert.equal(manifest.scripts[script], undefined, script)
    for (const field of ['bin', 'gypfile', 'dependencies', 'optionalDependencies', 'peerDependencies']) assert.equal(manifest[field], undefined, field)
  })

  it('knows nothing of the machine that built it', () => {
    const places = [root.slice(0, -1), process.env.HOME, execFileSync(process.env.GO ?? 'go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim()].filter((p) => p?.length > 5)
    for (const file of readdirSync(dist('')).filter((f) => !/\.(br|gz)$/.test(f))) {
      const bytes = readFileSync(dist(file), 'latin1')
      for (const place of places) assert.equal(bytes.includes(place), false, `${file} holds ${place}`)
    }
  })
})
