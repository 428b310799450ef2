import type { Service } from '../../cloud/service.ts'

/** Elastic MapReduce. Its codes: https://cloud.tencent.com/document/api/589/33982. */
export const EMR: Service = {
  provider: 'tencent',
  name: 'emr',
  version: '2019-01-03',
  // Documented on the page of each of its APIs.
  perSecond: 20,
  errors: {
    byKind: {
      busy: ['LimitExceeded.RequestBacklogExceedsLimit'],
      'not-found': ['InvalidParameter.InvalidInstanceName', 'InvalidParameter.InvalidClusterId'],
      unsupported: ['InvalidParameter.RestartServiceUnsupported'],
    },
  },
}
