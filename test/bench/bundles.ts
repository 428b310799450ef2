import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { bundleOptions } from '../../lib/local/bundle.ts'

export interface Bundle {
  file: string
  bytes: number
}

/** Bundles a module's text, whose imports are relative to this folder, as the functions are bundled. */
export function bundle(folder: string, name: string, contents: string): Promise<Bundle> {
  return bundleWith({}, folder, { name, contents })
}

/** The same without our plugins, and with all that the packages import: what esbuild makes by itself. */
export function plainBundle(folder: string, name: string, contents: string): Promise<Bundle> {
  return bundleWith({ plugins: [], external: [] }, folder, { name, contents })
}

async function bundleWith(
  options: BuildOptions,
  folder: string,
  { name, contents }: { name: string; contents: string },
): Promise<Bundle> {
  const file = join(folder, `${name}.mjs`)
  await build({
    ...bundleOptions(resolve(import.meta.dirname, '../..')),
    ...options,
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts', sourcefile: `${name}.ts` },
    outfile: file,
  })
  return { file, bytes: statSync(file).size }
}
