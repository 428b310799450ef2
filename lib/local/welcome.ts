import { SEED_INSTANCES } from '../simulators/dcs/seeds.ts'
import { SEED_CLUSTERS } from '../simulators/emr/seeds.ts'
import { DATA_DIR } from './data-dir.ts'
import type { Machine } from './machine.ts'
import { ruleCounts } from './rules-in-force.ts'

type Welcomed = Pick<Machine, 'url' | 'simulatedDcs' | 'simulatedEmr' | 'apiTokenFile' | 'rules' | 'realClouds'>

interface Setting {
  dataDir: string
  /** `API_TOKEN` is set. */
  hasOwnToken: boolean
}

/** The text that `npm start` shows on a terminal: the addresses, the rules in force, and commands to try. It shows no secret. */
export function welcome(machine: Welcomed, setting: Setting): string {
  const { url, apiTokenFile, rules } = machine
  const { dataDir } = setting
  const token = tokenForShell(machine, setting)
  const authorization = token ? ` -H "authorization: Bearer ${token}"` : ''
  const post = `curl -s ${url}/runs${authorization} -H 'content-type: application/json' -d`
  const where = dataDir === DATA_DIR ? '' : `DATA_DIR=${quoted(dataDir)} `
  const needed = apiTokenFile ? `All requests but /health and /webhooks need the token in ${apiTokenFile}\n` : ''
  return `Steadyhand listens at ${url}; its data is in ${dataDir}
${cloudLines(machine).join('\n')}
Rules of ${rules.file}: ${ruleCounts(rules.rules)}
${needed}
  ${post} '${swapRequest(machine)}'
  ${post} '${restartRequest(machine)}'
  ${where}npm run send -- cloudwatch/redis-unresponsive --to ${url}
  curl -s ${url}/runs${authorization}
`
}

function cloudLines({ realClouds, simulatedDcs, simulatedEmr }: Welcomed): string[] {
  return [
    ...realClouds.map(
      ({ name, region, address }) => `${name} is real (${region}, ${address}): requests are carried out there`,
    ),
    ...(simulatedDcs ? [`No Huawei Cloud credentials are set: a simulated DCS answers at ${simulatedDcs.url}`] : []),
    ...(simulatedEmr ? [`No Tencent Cloud credentials are set: a simulated EMR answers at ${simulatedEmr.url}`] : []),
  ]
}

function swapRequest({ simulatedDcs }: Welcomed): string {
  const instanceId = simulatedDcs ? SEED_INSTANCES[1]?.id : '<instance id>'
  return JSON.stringify({ operation: 'dcs.instance.swap', target: { instanceId }, reason: 'trying it out' })
}

function restartRequest({ simulatedEmr }: Welcomed): string {
  const clusterId = simulatedEmr ? SEED_CLUSTERS[0]?.id : '<cluster id>'
  return JSON.stringify({
    operation: 'emr.service.restart',
    target: { clusterId, services: [{ name: 'YARN' }] },
    params: { strategy: { rolling: true } },
  })
}

/** Expanded by the shell, so that the token itself is not on the screen. */
function tokenForShell({ apiTokenFile }: Welcomed, { hasOwnToken }: Setting): string | undefined {
  return hasOwnToken ? '$API_TOKEN' : apiTokenFile && `$(cat ${quoted(apiTokenFile)})`
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
