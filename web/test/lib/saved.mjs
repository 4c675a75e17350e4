// What the page has the browser save: { name, bytes }.

import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Saves by a browser that reports downloads to its driver. */
export const reported = (page) => async (press) => {
  const started = page.waitForEvent('download')
  await press()
  const download = await started
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}

/** Saves by a browser that does not: its folder is watched. */
export class Folder {
  static async make() {
    const folder = new Folder()
    folder.path = await mkdtemp(join(tmpdir(), 'hashout-downloads-'))
    return folder
  }

  save = async (press) => {
    await press()
    const end = Date.now() + 30_000
    for (;;) {
      const [name, ...more] = await readdir(this.path) // a second name is that of the unfinished part
      const bytes = name && more.length === 0 ? await readFile(join(this.path, name)) : ''
      if (bytes.length > 0) {
        await rm(join(this.path, name))
        return { name, bytes }
      }
      if (Date.now() > end) throw new Error(`nothing was saved, there is only ${[name, ...more]}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  remove = () => rm(this.path, { recursive: true, force: true })
}
