/** One contestant, bound to a server's origin: each call asks for a status, and resolves with it. */
export type Client = (origin: string) => () => Promise<unknown>

/** What all Huawei Cloud clients ask with, for the same job. */
export const HUAWEI = {
  accessKey: 'AccessKeyOfTheBench0',
  secretKey: 'SecretKeyOfTheBenchSecretKeyOfTheBench00',
  projectId: '0123456789abcdef0123456789abcdef',
  region: 'cn-north-4',
  jobId: '8abfa7aa88ad5aa50188aef7ec0936d1',
}

/** What all Tencent Cloud clients ask with, for the same cluster. */
export const TENCENT = {
  secretId: 'SecretIdOfTheBenchSecretIdOfTheBench',
  secretKey: 'SecretKeyOfTheBenchSecretKeyOfTh',
  region: 'ap-guangzhou',
  action: 'DescribeInstances',
  version: '2019-01-03',
  body: { DisplayStrategy: 'clusterList', InstanceIds: ['emr-4zvc5mul'], Offset: 0, Limit: 10, ProjectId: -1 },
}
