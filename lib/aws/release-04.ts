/**
 * A stored run as this release reads it. Release 0.4 wrote no `resource`: runs that were live during the upgrade go on.
 * What cannot be read stays as it is.
 */
export function ofThisRelease(item: Record<string, unknown>): Record<string, unknown> {
  if (item.kind !== 'run' || item.resource !== undefined) return item
  const { instanceId, clusterId } = (item.target ?? {}) as { instanceId?: unknown; clusterId?: unknown } // any JSON
  if (instanceId !== undefined) return { ...item, resource: `huawei/dcs/${String(instanceId).toLowerCase()}` }
  return clusterId === undefined ? item : { ...item, resource: `tencent/emr/${String(clusterId).toLowerCase()}` }
}
