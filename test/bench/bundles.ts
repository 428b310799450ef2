import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { bundleOptions } from '../../lib/local/bundle.ts'

export interface Bundle {
  file: string
  bytes: number
}

/** Bundles a module's text, whose imports are relative to this folder, as the functions are bundled. */
export async function bundle(folder: string, name: string, contents: string): Promise<Bundle> {
  const file = join(folder, `${name}.mjs`)
  await build({
    ...bundleOptions(resolve(import.meta.dirname, '../..')),
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts', sourcefile: `${name}.ts` },
    outfile: file,
  })
  return { file, bytes: statSync(file).size }
}
