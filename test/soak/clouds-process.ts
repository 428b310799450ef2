import { SIMULATED_CREDENTIALS, startSimulatedDcs } from '../../lib/simulators/dcs.ts'
import { SIMULATED_EMR_CREDENTIALS, startSimulatedEmr } from '../../lib/simulators/emr.ts'
import { seeded } from '../chance.ts'
import type { CloudsOptions } from './clouds.ts'
import { fleetFor } from './fleet.ts'
import { DCS_WORK_MS, EMR_WORK_MS } from './operations.ts'
import { slowLine } from './slow-line.ts'
import { keepTally } from './tally.ts'

/** The process of the simulated clouds: it lives through all kills, and counts. Its parent is `clouds.ts`. */

/** Far more often than the clouds' logs can run over. */
const LOOK_MS = 500

// Sent by clouds.ts, which is the only one to start this file.
process.once('message', async ({ wishes, seed, perSecond }: CloudsOptions) => {
  const { instances, clusters } = fleetFor(wishes)
  const quirks = perSecond === undefined ? {} : { rateLimit: { limit: perSecond, seconds: 1 } }
  const dcs = await startSimulatedDcs({ instances, workMs: DCS_WORK_MS, quirks })
  const emr = await startSimulatedEmr({ clusters, workMs: EMR_WORK_MS })
  const random = seeded(seed)
  const look = keepTally(dcs, emr)
  setInterval(look, LOOK_MS)
  process.on('message', () => process.send?.(look()))
  process.send?.({
    HUAWEICLOUD_SDK_AK: SIMULATED_CREDENTIALS.ak,
    HUAWEICLOUD_SDK_SK: SIMULATED_CREDENTIALS.sk,
    HUAWEICLOUD_SDK_PROJECT_ID: SIMULATED_CREDENTIALS.projectId,
    HUAWEICLOUD_DCS_ENDPOINT: await slowLine(dcs.url, random),
    TENCENTCLOUD_SECRET_ID: SIMULATED_EMR_CREDENTIALS.secretId,
    TENCENTCLOUD_SECRET_KEY: SIMULATED_EMR_CREDENTIALS.secretKey,
    TENCENTCLOUD_EMR_ENDPOINT: await slowLine(emr.url, random),
  })
})
process.once('disconnect', () => process.exit(0))
