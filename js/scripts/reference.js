// Writes js/docs: the reference of the public API, from the declarations in dist. `node scripts/reference.js [folder]`. TypeDoc is one of
// the consumers' tools, since it wants a TypeScript of its own.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** The names under which the package's modules are imported, by their files. Workers are not imported. */
const { name: self, exports } = JSON.parse(readFileSync(here('package.json'), 'utf8'))
const modules = Object.fromEntries(
  Object.entries(exports).filter(([path, target]) => target.types && path !== './worker').map(([path, target]) => [target.types.replace(/^.*\/(.*)\.d\.ts$/, '$1'), self + path.slice(1)]),
)

/** Writes one Markdown file for each module that the package exports with types. */
export function writeReference(folder) {
  const work = mkdtempSync(join(tmpdir(), 'hashout-reference-'))
  try {
    const { compilerOptions: { target, module, moduleResolution, lib, strict } } = JSON.parse(readFileSync(here('tsconfig.json'), 'utf8'))
    const entries = Object.keys(modules).map((name) => here(`dist/${name}.d.ts`))
    writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions: { target, module, moduleResolution, lib, strict, types: [], noEmit: true }, files: entries }))
    const options = {
      entryPoints: entries, tsconfig: join(work, 'tsconfig.json'), plugin: [here('test/consumers/node_modules/typedoc-plugin-markdown/dist/index.js')],
      out: join(work, 'out'), readme: 'none', disableSources: true, outputFileStrategy: 'modules', hidePageHeader: true, hideBreadcrumbs: true, hideGroupHeadings: true,
      useCodeBlocks: true, parametersFormat: 'table', interfacePropertiesFormat: 'table', propertyMembersFormat: 'table', typeDeclarationFormat: 'table', logLevel: 'Error', sort: ['source-order'],
    }
    writeFileSync(join(work, 'typedoc.json'), JSON.stringify(options))
    execFileSync(process.execPath, [here('test/consumers/node_modules/typedoc/bin/typedoc'), '--options', join(work, 'typedoc.json')], { cwd: work, stdio: 'inherit' })
    mkdirSync(folder, { recursive: true })
    for (const [file, name] of Object.entries(modules)) {
      const text = readFileSync(join(work, 'out', `${file}.md`), 'utf8').replace(/^# .*\n/, `# ${name}\n\n<!-- Written from the declarations by js/scripts/reference.js: change the comments in js/src. -->\n`)
      writeFileSync(join(folder, `${file}.md`), `${text.trimEnd()}\n`)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeReference(process.argv[2] ?? here('docs'))
