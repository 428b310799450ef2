import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The check of the lock file: every licence and every install script in it is one that somebody has looked at. */

/** One package, as npm writes it into the lock file; that of the project itself has the path ''. */
interface Locked {
  /** Where it is installed under another name. */
  name?: string
  version?: string
  license?: string
  hasInstallScript?: boolean
  integrity?: string
  /** Not needed at run time; `devOptional` where something optional needs it as well. */
  dev?: boolean
}

interface Lock {
  packages: Record<string, Locked>
}

/** `.ci/dependencies.json`. */
interface Allowed {
  /** SPDX expressions, as packages write them. What is shipped may also be used in development. */
  licences: { shipped: string[]; development: string[] }
  /** By package: what its script does, and why we do without. `.npmrc` keeps all of them from running. */
  installScripts: Record<string, string>
}

const ALLOW_LIST = '.ci/dependencies.json'

/** @returns a line for each package that nobody has allowed, and for each permission that nothing needs any more */
export function findings({ packages }: Lock, { licences, installScripts }: Allowed): string[] {
  const all = dependenciesIn(packages)
  const everywhere = [...licences.shipped, ...licences.development]
  const used = new Set(all.map(({ licence }) => licence))
  const scripted = new Set(all.filter(({ hasScript }) => hasScript).map(({ name }) => name))
  return [
    ...all.flatMap(({ name, version, licence, hasScript, isShipped, hasIntegrity }) => [
      ...((isShipped ? licences.shipped : everywhere).includes(licence)
        ? []
        : [`${name}@${version}: the licence ${licence} is not allowed ${isShipped ? 'in what is shipped' : 'here'}`]),
      ...(hasScript && !Object.hasOwn(installScripts, name) ? [`${name}@${version}: has a new install script`] : []),
      ...(hasIntegrity ? [] : [`${name}@${version}: has no integrity`]),
    ]),
    ...everywhere.filter((licence) => !used.has(licence)).map((licence) => `${licence}: no package has this licence`),
    ...Object.keys(installScripts)
      .filter((name) => !scripted.has(name))
      .map((name) => `${name}: has no install script`),
  ]
}

interface Dependency {
  name: string
  version: string
  licence: string
  hasScript: boolean
  isShipped: boolean
  hasIntegrity: boolean
}

function dependenciesIn(packages: Lock['packages']): Dependency[] {
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { name, version = '', license = 'none', hasInstallScript = false, integrity, dev = false }]) => ({
      name: name ?? path.replace(/^.*node_modules\//, ''),
      version,
      licence: license,
      hasScript: hasInstallScript,
      isShipped: !dev,
      hasIntegrity: integrity !== undefined,
    }))
}

/** How many packages have each licence, and which have an install script. */
function summary({ packages }: Lock): string {
  const all = dependenciesIn(packages)
  const counts = [...Map.groupBy(all, ({ licence }) => licence)]
    .map(([licence, some]) => ({ licence, count: some.length }))
    .sort((a, b) => b.count - a.count)
  const scripted = all.filter(({ hasScript }) => hasScript).map(({ name, version }) => `${name}@${version}`)
  return `${all.length} packages: ${counts.map(({ licence, count }) => `${count} ${licence}`).join(', ')}
install scripts, which do not run: ${scripted.join(', ')}`
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const allowed: Allowed = JSON.parse(readFileSync(join(root, ALLOW_LIST), 'utf8'))
  console.log(summary(lock))
  const found = findings(lock, allowed)
  for (const line of found) console.error(line)
  if (found.length > 0) {
    console.error(`Look at each, then change the dependency, or ${ALLOW_LIST}`)
    process.exitCode = 1
  }
}
