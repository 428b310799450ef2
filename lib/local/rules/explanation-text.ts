import { printable } from '../printable.ts'
import type { Explanation } from './explain.ts'

/** An explanation for people: a name and a value a line, then lists. */
export function explanationText(explanation: Explanation): string {
  const { runs, verdicts, others, notChecked, late } = explanation
  const lines = [
    ...fieldsOf([...readFields(explanation.read), ...answerFields(explanation), ...runs.flatMap(runFields)]),
    ...listOf(
      'verdicts',
      verdicts.map(({ guard, says, reason }) => [guard, `${says}: ${reason}`]),
    ),
    ...listOf(
      'the other rules',
      others.map(({ rule, why }) => [rule, why]),
    ),
    ...(late === undefined ? [] : [`note: its age does not count here: ${late}`]),
    ...(notChecked.length > 0 ? [`not checked here: ${notChecked.join('; ')}`] : []),
  ]
  return lines.map(printable).join('\n')
}

type Field = [name: string, value: string | undefined]

function readFields(read: Explanation['read']): Field[] {
  if ('ignored' in read) return []
  if ('request' in read) return [['request', read.request.source.id]]
  if ('ticket' in read) {
    const { key, event, by, occurredAt } = read.ticket
    return [
      ['ticket', key],
      ['event', event],
      ['by', by],
      ['time', occurredAt],
    ]
  }
  const { name, status, severity, unknownSeverity, account, region, occurredAt, resource, dimensions, tags } =
    read.alarm
  return [
    ['alarm', name],
    ['status', status],
    ['severity', severity ?? (unknownSeverity && `${unknownSeverity} (not known)`)],
    ['time', occurredAt],
    ['account', account],
    ['region', region],
    ['resource', resource],
    ['dimensions', pairsText(dimensions)],
    ['tags', pairsText(tags)],
  ]
}

function pairsText(pairs: Record<string, string>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

const NO_RUN = { ignored: 'no run', refused: 'no run, and people are notified' }

function answerFields({ subject, read, rule, result, reason = '' }: Explanation): Field[] {
  const answer = result === 'run' ? 'would start a run' : `${NO_RUN[result]}: ${reason}`
  return [...('ignored' in read ? [['event', subject] as Field] : []), ['rule', rule], ['answer', answer]]
}

function runFields({ operation, resource, target, params, collision, limits }: Explanation['runs'][number]): Field[] {
  return [
    ['run', `${operation} of ${resource}`],
    ['target', JSON.stringify(target)],
    ['params', JSON.stringify(params)],
    ['collision', collision],
    ['limits', limits.join(', ') || 'none'],
  ]
}

/** Empty values are left out. */
function fieldsOf(fields: Field[]): string[] {
  const given = fields.filter(([, value]) => value !== undefined && value !== '' && value !== '{}')
  return columns(given.map(([name, value = '']) => [name, value]))
}

function listOf(title: string, rows: [string, string][]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, ...columns(rows).map((line) => `  ${line}`)]
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
