// The tools of this folder, for the test that uses them.

export { runInstall as deno } from 'deno/install_api.cjs'
export { chromium } from 'playwright-core'
export { publint } from 'publint'
export * as vite from 'vite'
export { default as webpack } from 'webpack'
