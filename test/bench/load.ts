import { bundle } from './bundles.ts'
import { numberFrom } from './child.ts'
import { inTurns, line, type Measured } from './measure.ts'
import { withFolder } from './place.ts'

const REPEATS = 31

/** Ends a program: how long the process has lived until here (ms). */
const SAY = 'console.log(performance.now())'

const PROGRAMS = {
  empty: SAY,
  ours: `
    import { createCall } from '../../lib/cloud/call.ts'
    import { CATALOGUE } from '../../lib/services/catalogue.ts'
    import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
    import { createSend } from '../../lib/cloud/send.ts'
    import { tencentProvider } from '../../lib/cloud/tencent/provider.ts'
    globalThis.loaded = [createCall, createSend, huaweiProvider, tencentProvider, CATALOGUE]
    ${SAY}`,
  official: `
    import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
    import { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'
    import { DefaultHttpClient } from '@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js'
    import { CommonClient } from 'tencentcloud-sdk-nodejs-common'
    globalThis.loaded = [BasicCredentials, HcClient, DefaultHttpClient, CommonClient]
    ${SAY}`,
}

export async function load(): Promise<Measured> {
  return withFolder(async (folder) => {
    const { empty, ours, official } = {
      empty: await bundle(folder, 'empty', PROGRAMS.empty),
      ours: await bundle(folder, 'ours', PROGRAMS.ours),
      official: await bundle(folder, 'official', PROGRAMS.official),
    }
    const ms = await inTurns(REPEATS, {
      empty: () => numberFrom(empty.file, []),
      ours: () => numberFrom(ours.file, []),
      official: () => numberFrom(official.file, []),
    })
    const [oursMs, officialMs] = [ms.ours - ms.empty, ms.official - ms.empty]
    return {
      heading: `load: a fresh process loads the bundled client, ms over an empty process, medians of ${REPEATS}`,
      lines: [
        line('empty process', ms.empty, 'ms'),
        `${line('ours, both clouds', oursMs, 'ms')} ${kilobytes(ours.bytes)}`,
        `${line('both official cores', officialMs, 'ms')} ${kilobytes(official.bytes)}`,
      ],
      ratios: [
        { name: 'load.ms.vs.official', ours: oursMs, theirs: officialMs, unit: 'ms', target: 0.35 },
        {
          ...{ name: 'load.bytes.vs.official', unit: 'KB', target: 0.4 },
          ...{ ours: ours.bytes / 1000, theirs: official.bytes / 1000 },
        },
      ],
    }
  })
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0).padStart(6)} KB`
}
