type Item = Record<string, unknown>

/**
 * A stored run of release 0.4 in the form of this release: 0.4 had other names for some fields, and wrote no `resource`. Live
 * runs go on after the upgrade, and older ones stay readable. An unreadable item is returned unchanged.
 */
export function ofThisRelease(item: Item): Item {
  if (item.kind !== 'run' || item.resource !== undefined) return item
  const { buried, progress, timeline, ...run } = item
  return {
    ...run,
    resource: resourceOf(item),
    ...(item.preparedAt === undefined ? {} : { preparation: 'the backup before it' }),
    deadLetters: buried,
    progress: isItem(progress) ? progressOf(progress) : progress,
    ...(Array.isArray(timeline) ? { timeline: timeline.map(entryOf) } : {}),
  }
}

/** A stored delivery in the form of this release: in 0.4, results had `about` instead of `subject`. */
export function deliveryOfThisRelease(item: Item): Item {
  const { results } = item
  return Array.isArray(results) ? { ...item, results: results.map(resultOf) } : item
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null
}

function resourceOf({ target, operation }: Item): string {
  const { instanceId, clusterId } = isItem(target) ? target : {}
  if (instanceId !== undefined) return `huawei/dcs/${String(instanceId).toLowerCase()}`
  return clusterId === undefined ? `unknown/${String(operation)}` : `tencent/emr/${String(clusterId).toLowerCase()}`
}

function progressOf({ said, streak, seen, ...progress }: Item): Item {
  return {
    ...progress,
    ...(said === undefined ? {} : { lastObserved: said }),
    consecutive: streak,
    observedCounts: seen,
  }
}

function entryOf(entry: unknown): unknown {
  if (!isItem(entry) || entry.said === undefined) return entry
  const { said, ...rest } = entry
  return { ...rest, observed: said }
}

function resultOf(result: unknown): unknown {
  if (!isItem(result) || result.about === undefined) return result
  const { about, ...rest } = result
  return { ...rest, subject: about }
}
