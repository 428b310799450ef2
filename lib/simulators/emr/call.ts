import { type EmrError, type EmrReply, emrError, type Language } from './answers.ts'
import { type EmrContext, findCluster } from './context.ts'
import type { EmrCluster } from './state.ts'

/** A request that has been authenticated and matched to an action. */
export interface EmrCall {
  /** A JSON object whose fields are not checked yet. */
  body: object
  region: string
  language: Language
}

export type EmrAction = (context: EmrContext, call: EmrCall) => EmrReply

/** Clients must tolerate fields that they do not know. */
export const UNKNOWN_EMR_FIELDS = { SimulatedExtra: { Revision: 7, Labels: ['a', null] } }

const CLUSTER_ID = /^emr-[0-9a-z]{8}$/

/** @returns an error where the id is malformed or unknown in the region */
export function clusterOf(
  context: EmrContext,
  id: string,
  region: string,
): { cluster: EmrCluster } | { refusal: EmrError } {
  if (!CLUSTER_ID.test(id)) return { refusal: emrError('InvalidParameter.InvalidInstanceName', `\`${id}\``) }
  const cluster = findCluster(context, id, region)
  return cluster ? { cluster } : { refusal: emrError('ResourceNotFound.InstanceNotFound', `\`${id}\` in ${region}`) }
}

/** "YYYY-MM-DD HH:mm:ss" in UTC+8; the documentation does not say which zone. */
export function localTime(atMs: number): string {
  return new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
