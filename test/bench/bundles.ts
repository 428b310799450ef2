import { statSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

export interface Bundle {
  file: string
  bytes: number
}

/** Bundles a module's text, whose imports are relative to this folder, as the functions are bundled. */
export async function bundle(folder: string, name: string, contents: string): Promise<Bundle> {
  const file = join(folder, `${name}.mjs`)
  await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts', sourcefile: `${name}.ts` },
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    keepNames: true,
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
    plugins: [poolOnly],
  })
  return { file, bytes: statSync(file).size }
}

const poolOnly: Plugin = {
  name: 'pool-only',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: 'undici',
      namespace: 'pool',
      pluginData: resolveDir,
    }))
    onLoad({ filter: /.*/, namespace: 'pool' }, ({ pluginData }) => ({
      contents: "export { default as Pool } from 'undici/lib/dispatcher/pool.js'",
      resolveDir: pluginData,
    }))
  },
}
