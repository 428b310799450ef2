import { readdirSync, rmSync } from 'node:fs'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/**
 * Of undici only the Pool: its index loads twice as much that is never used here. The source keeps the public import.
 * The path is no public one, so the version is pinned, and `test/standalone/bundle.test.ts` holds that it is still there.
 */
const poolOfUndici: Plugin = {
  name: 'pool-of-undici',
  setup: ({ onResolve, onLoad, initialOptions }) => {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'pool-of-undici' }))
    onLoad({ filter: /./, namespace: 'pool-of-undici' }, () => ({
      contents: "export { default as Pool } from 'undici/lib/dispatcher/pool.js'",
      resolveDir: initialOptions.absWorkingDir ?? process.cwd(),
    }))
  },
}

/**
 * How everything is bundled: one self-contained file an entry.
 *
 * `mainFields` takes the ES modules of the SDK clients (a third smaller); the banner gives the CommonJS parts of the
 * dependencies the `require` that ES modules lack.
 */
export function bundleOptions(root: string): BuildOptions {
  return {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    keepNames: true,
    plugins: [poolOfUndici],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  }
}

/** Bundles every handler of `functions/` into `dist/<name>.mjs`, with a linked source map. */
export async function bundleFunctions(root: string): Promise<string[]> {
  const names = readdirSync(`${root}/functions`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
  rmSync(`${root}/dist`, { recursive: true, force: true })
  await build({
    ...bundleOptions(root),
    entryPoints: names.map((name) => `functions/${name}.ts`),
    outdir: 'dist',
    sourcemap: 'linked',
    sourcesContent: false,
  })
  return names
}

if (import.meta.main) await bundleFunctions(process.cwd())
