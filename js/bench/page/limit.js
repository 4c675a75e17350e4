// What no signer can be faster than: the document hashed in one piece by the browser itself.

export async function load() {
  return { sign: async (blob) => void (await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())) }
}
