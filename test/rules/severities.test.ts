import { describe, expect, test } from 'vitest'
import { matchAlarm } from '../../lib/rules/match.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { itemOf, SOURCE_FORMS } from './source-forms.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const rulesFor = (severity: string) =>
  parseRules(
    `rules: [{ name: only, when: { alarm: '*', severity: ${severity} }, run: dcs.instance.swap, target: { instanceId: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }]`,
    'r.yml',
  )

const WORDS: [string, string][] = [
  ...['critical', 'CRITICAL', ' page ', 'emergency', 'fatal', 'disaster', 'serious', '紧急'].map(
    (word): [string, string] => [word, 'critical'],
  ),
  ...['major', 'error', 'High', '重要'].map((word): [string, string] => [word, 'major']),
  ...['minor', 'warning', 'warn', 'Warn', 'medium', '次要'].map((word): [string, string] => [word, 'minor']),
  ...['info', 'informational', 'notice', 'low', 'none', 'remind', '提示'].map((word): [string, string] => [
    word,
    'info',
  ]),
]

describe.for(SOURCE_FORMS.filter(({ setSeverity }) => setSeverity))('the severity by $by', (form) => {
  const alarmOf = async (word: string) => {
    const item = await itemOf(form, NOW, (sample) => form.setSeverity?.(sample, word))
    return 'alarm' in item ? item.alarm : expect.unreachable(JSON.stringify(item))
  }

  test.for(WORDS)('%s is %s', async ([word, severity]) => {
    expect(await alarmOf(word)).toMatchObject({ severity })
    expect(matchAlarm(await alarmOf(word), rulesFor(severity), NOW)).toHaveProperty('request')
  })

  test.for(['P1', 'p2', 'toString', 'a\nb'])('%j is not known, and the result says so', async (word) => {
    const shown = JSON.stringify(word)
    expect(matchAlarm(await alarmOf(word), rulesFor('[critical, major]'), NOW)).toEqual({
      ignored: `no rule fits; closest is only: severity ${shown} is not known`,
    })
  })
})

test('a rule names one severity, or several', () => {
  const severitiesOf = (severity: string) => rulesFor(severity).rules[0]?.when.severity
  expect([severitiesOf('critical'), severitiesOf('[critical, info]')]).toEqual([['critical'], ['critical', 'info']])
  expect(() => rulesFor('P1')).toThrow(
    'r.yml:1: rules.0.when.severity: must be one of critical, major, minor, info, or a list of them',
  )
})
