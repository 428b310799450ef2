import type { ResultView } from '../../deliveries/delivery.ts'
import { printable } from '../printable.ts'
import type { SentDelivery } from './delivery.ts'
import type { HttpAnswer } from './post.ts'

/** Characters of an answer without results. */
const MAX_SHOWN = 600

/** Says what was sent, and how far its times were moved. */
export function sentLine(file: string, { url, movedByMs }: SentDelivery, times: number): string {
  const { origin, pathname } = new URL(url)
  const often = times > 1 ? ` ${times} times` : ''
  const moved =
    movedByMs === 0 ? '' : `, its times ${durationOf(Math.abs(movedByMs))} ${movedByMs > 0 ? 'later' : 'earlier'}`
  // Without the query, which may be a secret.
  return `${file}${often} to ${origin}${pathname}${moved}`
}

/** Each problem names its own request. */
const REQUEST_ID = /,?"instance":"[^"]*"/

/** One line for all equal answers. */
export function answerLines(answers: HttpAnswer[]): string[] {
  const alike = Map.groupBy(answers, ({ status, body }) => `${status} ${body.replace(REQUEST_ID, '')}`)
  return [...alike.values()].flatMap(([answer, ...others]) => {
    if (!answer) return []
    const often = others.length > 0 ? ` (${others.length + 1} times)` : ''
    const isShown = answer.status < 200 || answer.status > 299
    return [`${answer.status}${often}${isShown ? `  ${printable(answer.body).slice(0, MAX_SHOWN)}` : ''}`]
  })
}

export function resultLine({ subject, rule, ignored, refused, runIds, times, handedOn }: ResultView): string {
  const parts = [
    ...(rule === undefined ? [] : [`rule ${rule}`]),
    ...(ignored === undefined ? [] : [`ignored: ${ignored}`]),
    ...(refused === undefined ? [] : [`refused: ${refused}`]),
    ...(runIds ?? []),
    ...(handedOn === undefined ? [] : [`${handedOn} alarms will be decided in a moment`]),
    ...(times === undefined ? [] : [`(${times} times)`]),
  ]
  return printable(`  ${subject}  ${parts.join('  ')}`)
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `26 d 3 h`: the two largest units. */
export function durationOf(ms: number): string {
  const parts = UNITS.map(([unit, unitMs], index) => {
    const over = UNITS[index - 1]?.[1]
    return [Math.floor((over ? ms % over : ms) / unitMs), unit] as const
  })
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? [] : parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s'
}
