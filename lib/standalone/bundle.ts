import { readdirSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

/**
 * Bundles every handler of `functions/` into `dist/<name>.mjs`, one self-contained file a function, with a linked source map.
 *
 * `mainFields` takes the ES modules of the SDK clients (a third smaller); the banner gives the CommonJS parts of the
 * dependencies the `require` that ES modules lack.
 */
export async function bundleFunctions(root: string): Promise<string[]> {
  const names = readdirSync(`${root}/functions`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
  rmSync(`${root}/dist`, { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => `functions/${name}.ts`),
    outdir: 'dist',
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
    sourcesContent: false,
    keepNames: true,
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  })
  return names
}

if (import.meta.main) await bundleFunctions(process.cwd())
