// A Deno program that signs a file: deno run deno.js SERVICE TOKEN CREDENTIAL PIN IN OUT OPTIONS

import { Hashout } from 'hashout'

const [url, accessToken, credential, PIN, input, output, load] = Deno.args
const hashout = await Hashout.load(JSON.parse(load))
const { documents } = await hashout.service({ url, accessToken }).sign(await Deno.readFile(input), {
  credential,
  authorize: () => ({ PIN }),
  field: { page: 1, rect: [36, 36, 236, 96] },
})
const [{ error, signature, blob }] = documents
if (error) throw error
await Deno.writeFile(output, blob.stream())
console.log(JSON.stringify(signature))
hashout.dispose()
