import { expect, test } from 'vitest'
import { order, startEmr, WAREHOUSE } from './client.ts'

const START_STOP = 'StartStopServiceOrMonitor'
const LIST = { DisplayStrategy: 'clusterList' }
const stop = (...scope: string[]) => order('StopService', WAREHOUSE, scope)
const restart = (StrategyConfig: unknown) => order('RestartService', WAREHOUSE, ['HDFS'], { StrategyConfig })
const nodes = (more: object) => ({ InstanceId: WAREHOUSE, ServiceName: 'HDFS', ...more })
const services = (ServiceInfoList: unknown) => ({ ...stop('HDFS'), OpScope: { ServiceInfoList } })
const without = (name: string, body: object) =>
  Object.fromEntries(Object.entries(body).filter(([field]) => field !== name))

const bodies: [string, string, unknown, string, string][] = [
  ['an unknown field', START_STOP, { ...stop('HDFS'), ClientToken: 'x' }, 'UnknownParameter', 'ClientToken'],
  [
    'an unknown inner field',
    START_STOP,
    restart({ RollingRestartSwitch: 0, Batch: 1 }),
    'UnknownParameter',
    'StrategyConfig.Batch',
  ],
  ['an unknown field before a missing one', START_STOP, { InstanceIdx: WAREHOUSE }, 'UnknownParameter', 'InstanceIdx'],
  ['no cluster', START_STOP, without('InstanceId', stop('HDFS')), 'MissingParameter', 'InstanceId'],
  ['a cluster that is a number', START_STOP, { ...stop('HDFS'), InstanceId: 1 }, 'InvalidParameter', 'InstanceId'],
  [
    'a malformed cluster',
    START_STOP,
    order('StopService', 'emr-x', ['HDFS']),
    'InvalidParameter.InvalidInstanceName',
    'emr-x',
  ],
  [
    'an unknown cluster',
    START_STOP,
    order('StopService', 'emr-00000000', ['HDFS']),
    'ResourceNotFound.InstanceNotFound',
    'emr-00000000',
  ],
  ['no operation', START_STOP, without('OpType', stop('HDFS')), 'MissingParameter', 'OpType'],
  ['an unknown operation', START_STOP, { ...stop('HDFS'), OpType: 'Reboot' }, 'InvalidParameterValue', 'OpType'],
  ['an operation that is a number', START_STOP, { ...stop('HDFS'), OpType: 1 }, 'InvalidParameter', 'OpType'],
  ['no scope', START_STOP, without('OpScope', stop('HDFS')), 'MissingParameter', 'OpScope'],
  ['a scope without services', START_STOP, { ...stop('HDFS'), OpScope: {} }, 'MissingParameter', 'ServiceInfoList'],
  ['an empty scope', START_STOP, services([]), 'InvalidParameterValue', 'ServiceInfoList'],
  ['a service without a name', START_STOP, services([{}]), 'MissingParameter', 'ServiceInfoList.0.ServiceName'],
  ['a service that is not there', START_STOP, stop('HDFS', 'SPARK'), 'UnsupportedOperation.ServiceNotSupport', 'SPARK'],
  ['a service in lower case', START_STOP, stop('hdfs'), 'UnsupportedOperation.ServiceNotSupport', 'hdfs'],
  [
    'no components',
    START_STOP,
    services([{ ServiceName: 'HDFS', ComponentInfoList: [] }]),
    'InvalidParameterValue',
    'ComponentInfoList',
  ],
  [
    'a component of another service',
    START_STOP,
    stop('HDFS/NodeManager'),
    'InvalidParameter.InvalidComponent',
    'NodeManager',
  ],
  [
    'a node of another cluster',
    START_STOP,
    stop('HDFS/DataNode@172.16.117.21'),
    'InvalidParameter.InvalidIpList',
    '172.16.117.21',
  ],
  [
    'a component not on its node',
    START_STOP,
    stop('HDFS/DataNode@172.16.114.126'),
    'InvalidParameter.InvalidServiceNodeInfo',
    '172.16.114.126',
  ],
  [
    'a restart without strategy',
    START_STOP,
    without('StrategyConfig', restart({})),
    'MissingParameter',
    'StrategyConfig',
  ],
  [
    'a rolling restart without batch size',
    START_STOP,
    restart({ RollingRestartSwitch: 1 }),
    'MissingParameter',
    'BatchSize',
  ],
  ['batches of none', START_STOP, restart({ BatchSize: 0 }), 'InvalidParameterValue', 'StrategyConfig.BatchSize'],
  [
    'batches of 100,000',
    START_STOP,
    restart({ BatchSize: 100_000 }),
    'InvalidParameterValue',
    'StrategyConfig.BatchSize',
  ],
  ['a batch size in text', START_STOP, restart({ BatchSize: '1' }), 'InvalidParameter', 'StrategyConfig.BatchSize'],
  ['half a node', START_STOP, restart({ BatchSize: 0.5 }), 'InvalidParameter', 'StrategyConfig.BatchSize'],
  ['a wait of 301 s', START_STOP, restart({ TimeWait: 301 }), 'InvalidParameterValue', 'StrategyConfig.TimeWait'],
  [
    'a wait of less than nothing',
    START_STOP,
    restart({ TimeWait: -1 }),
    'InvalidParameterValue',
    'StrategyConfig.TimeWait',
  ],
  ['a third switch', START_STOP, restart({ RollingRestartSwitch: 2 }), 'InvalidParameterValue', 'RollingRestartSwitch'],
  ['a third way to fail', START_STOP, restart({ DealOnFail: 2 }), 'InvalidParameterValue', 'DealOnFail'],
  ['a switch of true', START_STOP, restart({ RollingRestartSwitch: true }), 'InvalidParameter', 'RollingRestartSwitch'],
  [
    'arguments without values',
    START_STOP,
    restart({ Args: [{ Key: 'Threads' }] }),
    'MissingParameter',
    'Args.0.Values',
  ],
  [
    'watching without maintenance',
    START_STOP,
    { ...stop('HDFS'), KeepMonitorButNotRecoverProcess: false },
    'InvalidParameter',
    'KeepMonitorButNotRecoverProcess',
  ],
  [
    'a stop policy for a start',
    START_STOP,
    order('StartService', WAREHOUSE, ['HDFS'], { StopParams: {} }),
    'InvalidParameter',
    'StopParams',
  ],
  [
    'a hasty stop',
    START_STOP,
    { ...stop('HDFS'), StopParams: { StopPolicy: 'hasty' } },
    'InvalidParameterValue',
    'StopPolicy',
  ],
  [
    'a stop by no thread',
    START_STOP,
    { ...stop('HDFS'), StopParams: { ThreadCount: 0 } },
    'InvalidParameterValue',
    'ThreadCount',
  ],
  ['no strategy of display', 'DescribeInstances', {}, 'MissingParameter', 'DisplayStrategy'],
  [
    'an unknown strategy of display',
    'DescribeInstances',
    { DisplayStrategy: 'all' },
    'InvalidParameterValue',
    'DisplayStrategy',
  ],
  ['101 clusters', 'DescribeInstances', { ...LIST, Limit: 101 }, 'InvalidParameterValue', 'Limit'],
  ['a page of no clusters', 'DescribeInstances', { ...LIST, Limit: 0 }, 'InvalidParameterValue', 'Limit'],
  ['a page before the first', 'DescribeInstances', { ...LIST, Offset: -1 }, 'InvalidParameterValue', 'Offset'],
  ['one id for a list', 'DescribeInstances', { ...LIST, InstanceIds: WAREHOUSE }, 'InvalidParameter', 'InstanceIds'],
  ['filters that do not exist', 'DescribeInstances', { ...LIST, Filters: [] }, 'UnknownParameter', 'Filters'],
  ['1,000 processes', 'DescribeServiceNodeInfos', nodes({ Limit: 1_000 }), 'InvalidParameter', 'Limit'],
  ['no service', 'DescribeServiceNodeInfos', { InstanceId: WAREHOUSE }, 'MissingParameter', 'ServiceName'],
  [
    'an absent service',
    'DescribeServiceNodeInfos',
    nodes({ ServiceName: 'KUDU' }),
    'UnsupportedOperation.ServiceNotSupport',
    'KUDU',
  ],
  [
    'an absent cluster',
    'DescribeServiceNodeInfos',
    nodes({ InstanceId: 'emr-00000000' }),
    'ResourceNotFound.InstanceNotFound',
    'emr-0',
  ],
  [
    'an unknown operator state',
    'DescribeServiceNodeInfos',
    nodes({ OperatorStateId: 3 }),
    'InvalidParameterValue',
    'OperatorStateId',
  ],
  [
    'an unknown maintenance state',
    'DescribeServiceNodeInfos',
    nodes({ MaintainStateId: 3 }),
    'InvalidParameterValue',
    'MaintainStateId',
  ],
  [
    'a health state in numbers',
    'DescribeServiceNodeInfos',
    nodes({ HealthStateId: 1 }),
    'InvalidParameter',
    'HealthStateId',
  ],
  [
    'an unknown search',
    'DescribeServiceNodeInfos',
    nodes({ SearchFields: [{ SearchType: 'name', SearchValue: 'x' }] }),
    'InvalidParameterValue',
    'SearchType',
  ],
  [
    'an unknown kind of node',
    'DescribeServiceNodeInfos',
    nodes({ NodeTypeName: 'Master' }),
    'InvalidParameterValue',
    'NodeTypeName',
  ],
  [
    'a group that the schema lacks',
    'DescribeServiceNodeInfos',
    nodes({ ServiceGroupType: 'x' }),
    'UnknownParameter',
    'ServiceGroupType',
  ],
  ['a body that is no object', 'DescribeInstances', [LIST], 'InvalidParameter', 'JSON object'],
  [
    'an action that is not simulated',
    'DescribeClusterFlowStatusDetail',
    {},
    'InvalidAction',
    'DescribeClusterFlowStatusDetail',
  ],
  ['an action of the prototype', 'constructor', {}, 'InvalidAction', 'constructor'],
]

test.for(bodies)('refuses %s', async ([, action, body, code, detail]) => {
  const { emr, ask } = await startEmr()
  expect(await ask(action, body)).toEqual({ Error: { Code: code, Message: expect.stringContaining(detail) } })
  expect(emr.state.works).toEqual([])
})
