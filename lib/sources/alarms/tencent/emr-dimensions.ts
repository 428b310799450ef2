/**
 * Translates dimensions of Tencent Cloud EMR alarms into the params of EMR operations.
 * The dimensions come in pairs that name the kind of process: `id4hdfsdatanode` is the cluster, `host4hdfsdatanode` the node.
 * Source: https://www.tencentcloud.com/document/product/248 (metrics of Elastic MapReduce)
 */

const NAMESPACE = /^qce\/txmr_([a-z0-9]+)$/i

/** The digit is usually 4; an exception is `id27prestoprestocoordinator`. */
const PAIR = /^(id|host)\d+([a-z][a-z0-9]*)$/

const CLUSTER_ID = /^emr-[a-z0-9]{4,32}$/

/** The namespace of a cluster's machines, which belong to no service. */
const NODE = 'NODE'

/** Kind of process -> service and component as the EMR API names them. A rule must name any other itself. */
const COMPONENTS: ReadonlyMap<string, { service: string; component: string }> = new Map([
  ['hdfsnamenode', { service: 'HDFS', component: 'NameNode' }],
  ['hdfsdatanode', { service: 'HDFS', component: 'DataNode' }],
  ['hdfsjournalnode', { service: 'HDFS', component: 'JournalNode' }],
  ['hdfszkfailovercontroller', { service: 'HDFS', component: 'ZKFailoverController' }],
  ['yarnresourcemanager', { service: 'YARN', component: 'ResourceManager' }],
  ['yarnnodemanager', { service: 'YARN', component: 'NodeManager' }],
  ['yarnjobhistoryserver', { service: 'YARN', component: 'JobHistoryServer' }],
  ['hivemetastore', { service: 'HIVE', component: 'HiveMetaStore' }],
  ['hivehiveserver2', { service: 'HIVE', component: 'HiveServer2' }],
  ['hivehivewebhcat', { service: 'HIVE', component: 'HiveWebHcat' }],
  ['hbasehmaster', { service: 'HBASE', component: 'HMaster' }],
  ['hbaseregionserver', { service: 'HBASE', component: 'HRegionServer' }],
  ['zookeeperzookeeper', { service: 'ZOOKEEPER', component: 'QuorumPeerMain' }],
  ['sparksparkjobhistoryserver', { service: 'SPARK', component: 'SparkJobHistoryServer' }],
])

/** Events name the component itself. */
const BY_NAME = new Map([...COMPONENTS.values()].map((role) => [role.component.toLowerCase(), role]))

/** The dimensions that this file adds. EMR alarms use these names for nothing else. */
const ADDED = ['cluster_id', 'host', 'service', 'component'] as const

/** Whether the alarm is about EMR: metrics name it in the namespace, events in the product. */
export function isEmr(namespace: string, product: string): boolean {
  return NAMESPACE.test(namespace) || product.toLowerCase() === 'emr'
}

/**
 * Adds `cluster_id`, `host`, `service` and `component` to the dimensions. If the alarm names two values for one of them, that
 * one is left out: a rule that needs it refuses instead of guessing.
 */
export function withEmrDimensions(namespace: string, given: Record<string, string>): Record<string, string> {
  const pairs = Object.entries(given).flatMap(([name, value]) => {
    const [, of, kind = ''] = PAIR.exec(name) ?? []
    return of ? [{ of, kind, value }] : []
  })
  const [objId, objHost] = (given.objId ?? '').split('#')
  const valuesOf = (of: string): string[] => pairs.filter((pair) => pair.of === of).map(({ value }) => value)
  const roles = [
    ...pairs.map(({ kind }) => COMPONENTS.get(kind)),
    BY_NAME.get((given.role ?? '').toLowerCase()),
  ].filter((role) => role !== undefined)
  const service = NAMESPACE.exec(namespace)?.[1]?.toUpperCase()

  const named: Record<(typeof ADDED)[number], (string | undefined)[]> = {
    cluster_id: [...valuesOf('id'), given.unInstanceId, objId].filter((id) => id !== undefined && CLUSTER_ID.test(id)),
    host: [...valuesOf('host'), given.host, objHost],
    service: [service === NODE ? undefined : service, ...roles.map((role) => role.service)],
    component: roles.map((role) => role.component),
  }
  const others = Object.entries(given).filter(([name]) => !Object.hasOwn(named, name))
  const added = ADDED.flatMap((name) => {
    const [value, ...more] = new Set(named[name].filter((text) => text !== undefined && text !== ''))
    return value !== undefined && more.length === 0 ? [[name, value]] : []
  })
  return Object.fromEntries([...others, ...added])
}
