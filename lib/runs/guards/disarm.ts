import { durationText } from '../lease/limits.ts'
import { plusMs } from '../schedule.ts'
import type { Announcement } from './announcement.ts'
import { closedAnnouncement, closedAt } from './breaker.ts'
import { changeGuard, type TellingPorts } from './guard-record.ts'
import { type EpisodeVerdict, type Help, type RuleFields, type RuleRecord, recordOf } from './rule-record.ts'
import type { Disarm } from './settings.ts'
import type { Verdict } from './verdict.ts'

/** A rule that does not help stops itself, until a person arms it again or its time is over. */

/** Figures of rules look back so far. */
export const FIGURE_DAYS = 30
const FIGURES_MS = FIGURE_DAYS * 24 * 3600 * 1000

/** Bounds the record. */
const MAX_VERDICTS = 200

/** Notes whether an episode's runs helped. It may be repeated. @returns whether the rule is disarmed now */
export async function noteVerdict(
  ports: TellingPorts,
  { rule, episodeId, verdict }: { rule: string; episodeId: string; verdict: Help },
  disarm: Disarm | 'off',
): Promise<boolean> {
  return changeGuard<RuleRecord, boolean>(ports, recordOf(`rule/${rule}`), (before, nowMs) => {
    if (before.verdicts.some((one) => one.episodeId === episodeId)) return { answer: isDisarmed(before, nowMs) }
    const { fields, announce } = withRearming(rule, before, nowMs)
    const verdicts = keptVerdicts([...fields.verdicts, { episodeId, verdict, at: plusMs(nowMs, 0) }], nowMs)
    const noted = { ...fields, verdicts }
    const disarmed = disarm === 'off' ? undefined : disarming({ rule, fields: noted }, disarm, nowMs)
    if (!disarmed) return { write: noted, announce, answer: isDisarmed(noted, nowMs) }
    return { write: disarmed.fields, announce: [...announce, disarmed.announcement], answer: true }
  })
}

/** The verdicts that figures are made of. */
export function keptVerdicts(verdicts: readonly EpisodeVerdict[], nowMs: number): EpisodeVerdict[] {
  return verdicts.filter(({ at }) => Date.parse(at) > nowMs - FIGURES_MS).slice(-MAX_VERDICTS)
}

export function isDisarmed({ disarmedAt, rearmAt }: RuleFields, nowMs: number): boolean {
  return disarmedAt !== undefined && (rearmAt === undefined || Date.parse(rearmAt) > nowMs)
}

function disarming(
  { rule, fields }: { rule: string; fields: RuleFields },
  { after, withinMs, rearmAfterMs }: Disarm,
  nowMs: number,
): { fields: RuleFields; announcement: Announcement } | undefined {
  const { verdicts, armedAt = '', disarmedAt } = fields
  const inWindow = verdicts.filter(({ at }) => at > armedAt && Date.parse(at) > nowMs - withinMs)
  const unhelpful = inWindow.filter(({ verdict }) => verdict === 'did-not-help')
  if (disarmedAt !== undefined || unhelpful.length < after) return undefined
  const at = plusMs(nowMs, 0)
  const rearmAt = rearmAfterMs === undefined ? undefined : plusMs(nowMs, rearmAfterMs)
  const disarmReason = `it did not help ${unhelpful.length} times in ${durationText(withinMs)}`
  const disarmed = { ...fields, disarmedAt: at, disarmReason, rearmAt }
  const reason = `rule ${rule} disarmed itself: ${disarmReason}. ${remedyText(rule, rearmAt)}`
  const episodeId = unhelpful.at(-1)?.episodeId
  return { fields: disarmed, announcement: { ...about('rule.disarmed', rule, at), reason, episodeId } }
}

/** @returns undefined where it is armed */
export function disarmVerdict(rule: string, record: RuleFields, nowMs: number): Verdict | undefined {
  if (!isDisarmed(record, nowMs)) return undefined
  const { disarmedAt, disarmReason, rearmAt } = record
  const reason = `rule ${rule} disarmed itself at ${disarmedAt}: ${disarmReason}. ${remedyText(rule, rearmAt)}`
  return { guard: 'disarmed', says: 'refuse', reason }
}

function remedyText(rule: string, rearmAt: string | undefined): string {
  const byItself = rearmAt === undefined ? '' : `; it is armed again at ${rearmAt}`
  return `POST /rules/${rule}/arm with a reason arms it${byItself}`
}

/** A person lets a rule act again: it is armed, and its breaker is closed. It may be repeated. */
export async function arm(
  ports: TellingPorts,
  rule: string,
  { by, reason: why }: { by: string; reason: string },
): Promise<void> {
  await changeGuard<RuleRecord, undefined>(ports, recordOf(`rule/${rule}`), (before, nowMs) => {
    const at = plusMs(nowMs, 0)
    const isArmed = before.disarmedAt === undefined
    const isClosed = before.openedAt === undefined && before.checkAt === undefined
    if (isArmed && isClosed) return { answer: undefined }
    const reason = `${by} armed rule ${rule}: ${why}`
    const armed = isArmed ? [] : [{ ...about('rule.armed', rule, at), reason, by }]
    const closed =
      before.openedAt === undefined ? [] : [closedAnnouncement(`rule/${rule}`, { cause: at, reason, at, by })]
    const fields = { ...(isArmed ? {} : armedAt(at)), ...(isClosed ? {} : closedAt(at)) }
    return { write: { ...before, ...fields }, announce: [...armed, ...closed], answer: undefined }
  })
}

/** Arms a rule whose time is over. */
export function withRearming(
  rule: string,
  before: RuleRecord,
  nowMs: number,
): { fields: RuleRecord; announce: Announcement[] } {
  const { disarmedAt, rearmAt } = before
  if (disarmedAt === undefined || rearmAt === undefined || Date.parse(rearmAt) > nowMs) {
    return { fields: before, announce: [] }
  }
  const reason = `rule ${rule} is armed again: it was disarmed since ${disarmedAt}, as its file says`
  const announcement = { ...about('rule.armed', rule, rearmAt), reason }
  return { fields: { ...before, ...armedAt(rearmAt) }, announce: [announcement] }
}

function armedAt(at: string): Partial<RuleFields> {
  return { armedAt: at, disarmedAt: undefined, disarmReason: undefined, rearmAt: undefined }
}

function about(type: Announcement['type'], rule: string, at: string): Pick<Announcement, 'type' | 'key' | 'of' | 'at'> {
  return { type, key: `rule/${rule}/${type}/${at}`, of: `rule/${rule}`, at }
}
