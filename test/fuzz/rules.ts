import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Rules } from '../../lib/rules/rules.ts'
import type { Run } from '../../lib/runs/run.ts'
import type { Door } from './doors.ts'

/** All that the rules of the fuzz may touch. Whatever else a run is about came from outside. */
const CACHES: Readonly<Record<string, string>> = {
  'orders-cache': '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
  'catalog-cache': '9c47de18-60fb-4f3e-8a25-7b90cd13e642',
  'accounts-cache': '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913',
}
const CLUSTERS = ['emr-4zvc5mul']
const REQUESTED = {
  operations: ['dcs.instance.flush', 'dcs.instance.soft-restart'],
  instanceId: CACHES['catalog-cache'],
}

const OPERATIONS = { alarm: 'dcs.instance.restart', cluster: 'emr.service.restart', ticket: 'dcs.instance.swap' }
const SERVICES = [{ name: 'YARN' }]
const PARAMS = { strategy: { rolling: true, batchSize: 1, waitSeconds: 5, onFailure: 'block' } }
export const REGIONS = { huawei: 'cn-north-4', tencent: 'ap-guangzhou' }

/** A place of what came in where a sample names something that may be touched. */
interface Spot {
  source: string
  kind: 'alarm' | 'ticket'
  at: { dimension: string } | { tag: string } | { alarm: 'resource' } | { field: string }
  isCluster: boolean
  canBeAsked: boolean
}

/**
 * A rule for every place where the samples name something that is on a list: so a new source is covered by having samples.
 * @param approval whether tickets must have been approved, where that can be asked
 * @param isUnlimited whether alarms have no limits, so that only their keys keep them from another run
 */
export async function rulesFor(doors: Door[], approval: boolean, isUnlimited = false): Promise<Rules> {
  const found = await Promise.all(doors.map(spotsOf))
  const spots = new Map(found.flat().map((spot) => [JSON.stringify(spot), spot]))
  // The first that fits decides: what fits any alarm comes last.
  const rules = [...spots.values()]
    .toSorted((a, b) => Number('alarm' in a.at) - Number('alarm' in b.at))
    .map((spot, index) => ruleOf(spot, `rule-${index}`, approval))
  const requests = [
    {
      name: 'requests',
      when: { source: '*' },
      run: REQUESTED.operations,
      resources: `huawei/dcs/${REQUESTED.instanceId}`,
      allowDataLoss: true,
    },
  ]
  const file = {
    ...(isUnlimited ? { defaults: { cooldown: '0m', limits: ['50 per 1m'], settle: '0m' } } : {}),
    lists: { caches: CACHES, clusters: CLUSTERS },
    rules: rules.filter(({ kind }) => kind === 'alarm').map(({ rule }) => rule),
    tickets: rules.filter(({ kind }) => kind === 'ticket').map(({ rule }) => rule),
    requests,
  }
  // JSON is YAML.
  return parseRules(JSON.stringify(file), 'fuzz.yml')
}

function ruleOf({ source, kind, at, isCluster, canBeAsked }: Spot, name: string, approval: boolean) {
  const target = isCluster
    ? { clusterId: { ...at, in: 'clusters' }, services: SERVICES }
    : { instanceId: { ...at, in: 'caches' } }
  const fits =
    'dimension' in at ? { dimensions: { [at.dimension]: '*' } } : 'tag' in at ? { tags: { [at.tag]: '*' } } : {}
  const when =
    kind === 'alarm'
      ? { source, alarm: '*', ...fits }
      : { source, event: '*', ...('field' in at ? { fields: { [at.field]: '*' } } : {}) }
  const run = isCluster ? { run: OPERATIONS.cluster, params: PARAMS } : { run: OPERATIONS[kind] }
  return {
    kind,
    rule: { name, when, ...run, target, ...(approval && canBeAsked ? { approval: 'required' } : {}) },
  }
}

async function spotsOf({ source, samples, read, canBeAsked }: Door): Promise<Spot[]> {
  const spots: Spot[] = []
  for (const sample of samples) {
    for (const reading of await read(sample)) {
      if ('alarm' in reading) {
        const { dimensions, tags, resource } = reading.alarm
        for (const [dimension, value] of Object.entries(dimensions)) add({ dimension }, value, 'alarm')
        for (const [tag, value] of Object.entries(tags)) add({ tag }, value, 'alarm')
        add({ alarm: 'resource' }, resource, 'alarm')
      }
      if ('ticket' in reading)
        for (const [field, value] of leavesOf(reading.ticket.fields)) add({ field }, value, 'ticket')
    }
  }
  return spots

  function add(at: Spot['at'], value: unknown, kind: Spot['kind']): void {
    const isCluster = typeof value === 'string' && CLUSTERS.includes(value)
    const isCache = typeof value === 'string' && (value in CACHES || Object.values(CACHES).includes(value))
    if (isCluster || isCache) spots.push({ source, kind, at, isCluster, canBeAsked })
  }
}

/** Dotted paths to all that is no object; a key with a dot in it cannot be pointed at. */
function leavesOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return path === '' ? [] : [[path, value]]
  return Object.entries(value)
    .filter(([key]) => !key.includes('.'))
    .flatMap(([key, one]) => leavesOf(one, path === '' ? key : `${path}.${key}`))
}

/** @returns what is wrong with a run that the rules let through */
export function strayRun({ operation, target, params, source }: Run, door: string): string | undefined {
  const what = JSON.stringify({ operation, target, params, source: { kind: source.kind, name: source.name } })
  return allowedRuns(door).has(what) || isRequested({ operation, target, params, source }, door) ? undefined : what
}

/** Every run that alarms and tickets can have, word for word. */
function allowedRuns(name: string): Set<string> {
  const caches = Object.values(CACHES).flatMap((instanceId) => {
    const target = { region: REGIONS.huawei, instanceId }
    return (['alarm', 'ticket'] as const).map((kind) => ({
      operation: OPERATIONS[kind],
      target,
      params: {},
      source: { kind, name },
    }))
  })
  const clusters = CLUSTERS.flatMap((clusterId) => {
    const target = { region: REGIONS.tencent, clusterId, services: SERVICES }
    return (['alarm', 'ticket'] as const).map((kind) => ({
      operation: OPERATIONS.cluster,
      target,
      params: PARAMS,
      source: { kind, name },
    }))
  })
  return new Set([...caches, ...clusters].map((one) => JSON.stringify(one)))
}

/** In our own words: of the default account and region, and how it is done the sender says. */
function isRequested(
  { operation, target, params, source }: Pick<Run, 'operation' | 'target' | 'params' | 'source'>,
  door: string,
): boolean {
  const isOf = source.kind === 'ticket' && source.name === door && door === 'generic'
  const { instanceId, account = 'default', region } = Object(target)
  const isThere = instanceId === REQUESTED.instanceId && account === 'default' && region === REGIONS.huawei
  return isOf && isThere && REQUESTED.operations.includes(operation) && !('strategy' in Object(params))
}
