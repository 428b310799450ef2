import { readdirSync, rmSync } from 'node:fs'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/**
 * Of undici's Pool only what our requests reach: without HTTP/2, the parser that is not on, the WebAssembly for processors
 * without SIMD, and the bodies of `fetch`, which are two thirds of it.
 *
 * What is left out stays a `require`, which a machine with `node_modules` could still follow. The paths are no public ones,
 * so the version is pinned, and `test/local/bundle.test.ts` holds that they are still there.
 */
const poolOfUndici: Plugin = {
  name: 'pool-of-undici',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /\/(milo|web|llhttp)\// }, ({ path, importer }) => {
      const isLeftOut =
        importer.includes('/undici/lib/') && !path.endsWith('/llhttp_simd-wasm.js') && !path.endsWith('/constants.js')
      return isLeftOut ? { path: `undici/lib/${path.replace(/^(\.\.?\/)+/, '')}`, external: true } : undefined
    })
    // Loaded at once, but called only where `allowH2` is on.
    onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new Error('HTTP/2 is not in this bundle') }",
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
