import { readdirSync, rmSync } from 'node:fs'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/**
 * Bundles only the parts of undici's Pool that our requests reach. Left out: HTTP/2, the unused parser, the WebAssembly for
 * processors without SIMD, and the bodies of `fetch`, two thirds of the whole.
 *
 * Left-out parts stay a `require`, which a machine with `node_modules` could still follow. The paths are not public, so the
 * version is pinned, and `test/local/bundle.test.ts` checks that they exist.
 */
const poolOfUndici: Plugin = {
  name: 'pool-of-undici',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /\/(milo|web|llhttp)\// }, ({ path, importer }) => {
      const isLeftOut =
        importer.includes('/undici/lib/') && !path.endsWith('/llhttp_simd-wasm.js') && !path.endsWith('/constants.js')
      return isLeftOut ? { path: `undici/lib/${path.replace(/^(\.\.?\/)+/, '')}`, external: true } : undefined
    })
    // Loaded only where an assertion fails.
    onResolve({ filter: /^node:assert$/ }, ({ importer }) =>
      importer.includes('/undici/lib/') ? { path: 'assert', namespace: 'undici' } : undefined,
    )
    onLoad({ filter: /^assert$/, namespace: 'undici' }, () => ({
      contents: "module.exports = (holds, message) => holds || require('node:assert')(holds, message)",
    }))
    // Undici loads it at once, but calls it only with `allowH2`.
    onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new Error('HTTP/2 is not in this bundle') }",
    }))
  },
}

/**
 * What the SDK imports only when it needs it, and never does here. Credentials are always in Lambda's environment, no answer
 * is a stream of events, and no browser names itself. It stays an `import` that is not reached. In the bundle, its own imports
 * of Node's modules would be made at once, and that of `node:http` loads the whole `fetch`.
 */
const NEVER_IMPORTED = [
  ...['http', 'ini', 'process', 'sso', 'web-identity'].map((name) => `@aws-sdk/credential-provider-${name}`),
  ...['@smithy/credential-provider-imds', '@smithy/core/event-streams', 'bowser'],
]

/**
 * The esbuild options of every bundle: one self-contained file for each entry.
 *
 * `mainFields` selects the ES modules of the SDK clients (a third smaller). The banner gives the CommonJS parts of the
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
    external: NEVER_IMPORTED,
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
