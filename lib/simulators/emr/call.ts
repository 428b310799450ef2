import { type EmrError, type EmrReply, emrError, type Language } from './answers.ts'
import { type EmrContext, findCluster } from './context.ts'
import type { EmrCluster } from './state.ts'

/** A request that has been authenticated and matched to an action. */
export interface EmrCall {
  /** A JSON object, its fields not yet looked at. */
  body: object
  region: string
  language: Language
}

export type EmrAction = (context: EmrContext, call: EmrCall) => EmrReply

/** Fields that no client knows: every reader has to tolerate some. */
export const UNKNOWN_EMR_FIELDS = { SimulatedExtra: { Revision: 7, Labels: ['a', null] } }

const CLUSTER_ID = /^emr-[0-9a-z]{8}$/

/** The cluster, or the refusal of its id. */
export function clusterOf(
  context: EmrContext,
  id: string,
  region: string,
): { cluster: EmrCluster } | { refusal: EmrError } {
  if (!CLUSTER_ID.test(id)) return { refusal: emrError('InvalidParameter.InvalidInstanceName', `\`${id}\``) }
  const cluster = findCluster(context, id, region)
  return cluster ? { cluster } : { refusal: emrError('ResourceNotFound.InstanceNotFound', `\`${id}\` in ${region}`) }
}

/** "YYYY-MM-DD HH:mm:ss" without a zone; it is UTC+8, which the documentation leaves open. */
export function localTime(atMs: number): string {
  return new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
