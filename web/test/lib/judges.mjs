// Hands signed files to outside judges: pdfsig, qpdf, openssl and pyHanko, through
// the repository's own judge command.

import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { goBuild, out, root } from './devserver.mjs'

/**
 * Judges pairs { name, original, signed } of bytes with the root certificate as the
 * only trusted one; `flags` are further ones of the command, such as -password. Returns { verdicts: [{ original, signed, ok, checks: [{ name, outcome, detail }] }] }.
 */
export async function judge(rootPEM, pairs, ...flags) {
  const binary = await goBuild('./pdfprep/internal/judge/cmd/judge', 'judge')
  const folder = `${out}judged/`
  await mkdir(folder, { recursive: true })
  const paths = []
  for (const { name, original, signed } of pairs) {
    const [from, to] = [`${folder}${name}`, `${folder}${name.replace(/\.pdf$/, '-signed.pdf')}`]
    await writeFile(from, original)
    await writeFile(to, signed)
    paths.push(from, to)
  }
  return new Promise((resolve, reject) => {
    execFile(binary, ['-root', rootPEM, '-json', ...flags, ...paths], { cwd: root, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      try {
        resolve({ verdicts: JSON.parse(stdout), stderr })
      } catch {
        reject(new Error(`judge: ${error?.message ?? ''} ${stderr} ${stdout.slice(0, 500)}`))
      }
    })
  })
}
