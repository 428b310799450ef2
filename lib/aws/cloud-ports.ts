import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, createCall } from '../cloud/call.ts'
import { huaweiProvider } from '../cloud/huawei/provider.ts'
import { createSend } from '../cloud/send.ts'
import type { Ports } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { recordPorts } from './record-ports.ts'

/** All ports, for the functions that ask the clouds. A file of its own, so that the others do not load the HTTP client. */
export function allPorts(config: CloudsConfig): Ports {
  return { ...recordPorts(config), random: Math.random, call: cloudCall(config) }
}

function cloudCall(config: CloudsConfig): Call {
  const credentials = {
    accessKey: config.HUAWEICLOUD_SDK_AK,
    secretKey: config.HUAWEICLOUD_SDK_SK,
    projectId: config.HUAWEICLOUD_SDK_PROJECT_ID,
  }
  return createCall({
    send: createSend(),
    provider: (_name, region) => huaweiProvider(credentials, region, config.HUAWEICLOUD_DCS_ENDPOINT),
    nowMs: Date.now,
    random: Math.random,
    sleep,
  })
}
