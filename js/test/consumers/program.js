// A Node program that signs a file: node program.js SERVICE TOKEN CREDENTIAL PIN IN OUT

import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Hashout } from 'hashout'

const [url, accessToken, credential, PIN, input, output] = process.argv.slice(2)
const hashout = await Hashout.load()
const { documents } = await hashout.service({ url, accessToken }).sign(await openAsBlob(input), { credential, authorize: () => ({ PIN }) })
if (documents[0].error) throw documents[0].error
await writeFile(output, documents[0].blob.stream())
hashout.dispose()
