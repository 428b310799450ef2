import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { makeCertificate } from '../../../../lib/local/certificate.ts'
import { createHuawei } from '../../../../lib/sources/alarms/huawei.ts'
import { UnreachableError } from '../../../../lib/sources/fetch-text.ts'
import type { FetchText, WebhookRequest } from '../../../../lib/sources/source.ts'

/** When the samples were sent. */
export const NOW = Date.parse('2026-11-20T03:12:10Z')

export const PROJECT = '00000000000000000000000051b1a7ed'
export const TOPIC = `urn:smn:cn-north-4:${PROJECT}:steadyhand-alarms`

const HOUR_MS = 3600 * 1000

/** In the place of SMN. */
export const own = makeCertificate('SMN of nobody', NOW - 30 * 24 * HOUR_MS)
export const other = makeCertificate('somebody else', NOW - 30 * 24 * HOUR_MS)

export type HuaweiSettings = z.output<ReturnType<typeof createHuawei>['settings']>

/** As it is configured, but for `given`; by default the certificate is fetched. */
export function settingsOf(given: Record<string, string> = {}): HuaweiSettings {
  const all = { WEBHOOK_HUAWEI_TOPICS: TOPIC, HUAWEI_SMN_SIGNING_KEY: own.key, ...given }
  return createHuawei().settings.parse(all)
}

export function sampleOf(name: string): string {
  return readFileSync(`${import.meta.dirname}/../../../../events/huawei/${name}.json`, 'utf8')
}

/** The sample with fields changed. */
export function changed(name: string, fields: Record<string, unknown>): string {
  return JSON.stringify({ ...JSON.parse(sampleOf(name)), ...fields })
}

/** As SMN would deliver it. */
export function deliver(body: string, { atMs = NOW, id = 'one', key = own.key } = {}): WebhookRequest {
  const sent = createHuawei().sign(body, settingsOf({ HUAWEI_SMN_SIGNING_KEY: key }), { id, atMs })
  return { method: 'POST', headers: sent.headers, query: {}, body: Buffer.from(sent.body ?? ''), atMs }
}

/** The requested URLs, and a client that answers with the certificate by default. */
export function web(answer: (url: URL) => { status: number; text: string } | Error = () => ok(own.certificate)) {
  const asked: string[] = []
  const fetchText: FetchText = async (url) => {
    asked.push(url.href)
    const answered = answer(url)
    if (answered instanceof Error) throw answered
    return answered
  }
  return { asked, fetchText }
}

export function ok(text: string): { status: number; text: string } {
  return { status: 200, text }
}

/** Fails the test that would ask anybody. */
export const noWeb: FetchText = async (url) => {
  throw new UnreachableError(`${url} was asked`)
}
