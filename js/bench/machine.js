// What the figures were taken on.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem, type, release } from 'node:os'

/** Describes the machine and the versions of everything compared. */
export function describeMachine(versions) {
  const version = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
  return {
    cpu: cpus()[0].model,
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: Number(loadavg()[0].toFixed(1)),
    date: new Date().toISOString().slice(0, 10),
    versions: {
      ...versions,
      node: process.versions.node,
      hashout: version('../package.json'),
      '@libpdf/core': version('node_modules/@libpdf/core/package.json'),
      '@signpdf': version('node_modules/@signpdf/signpdf/package.json'),
      zgapdfsigner: version('node_modules/zgapdfsigner/package.json'),
    },
  }
}
