import { describe, expect, test } from 'vitest'
import { guardsOf } from '../../lib/rules/guards.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { DEFAULT_BREAKER, DEFAULT_DISARM } from '../../lib/runs/guards/settings.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const settingsOf = (defaults: string, ofRule: string) =>
  guardsOf(
    parseRules(
      `
defaults: { ${defaults} }
rules:
  - { name: plain, when: { alarm: a }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }
  - { name: own, when: { alarm: b }, run: dcs.instance.swap, target: { instanceId: { dimension: id } }, ${ofRule} }
`,
      'r.yml',
    ),
  )

describe('the guards of rules', () => {
  test('are the built-in ones where the file says nothing', () => {
    const { rules, operationBreaker } = settingsOf('', 'cooldown: 1m')
    const builtIn = { disarm: DEFAULT_DISARM, breaker: DEFAULT_BREAKER }
    expect([rules, operationBreaker]).toEqual([{ plain: builtIn, own: builtIn }, DEFAULT_BREAKER])
  })

  test('are those of a rule, else of `defaults`; operations have those of `defaults`', () => {
    const { rules, operationBreaker } = settingsOf(
      'disarm: { after: 2, within: 2h, rearmAfter: 1d }, breaker: { failed: 2, of: 4, rest: 10m }',
      'disarm: { after: 5, within: 1h }, breaker: off',
    )
    const breaker = { failed: 2, of: 4, restMs: 10 * MINUTE }
    expect([rules, operationBreaker]).toEqual([
      {
        plain: { disarm: { after: 2, withinMs: 2 * HOUR, rearmAfterMs: 24 * HOUR }, breaker },
        own: { disarm: { after: 5, withinMs: HOUR }, breaker: 'off' },
      },
      breaker,
    ])
  })

  test('may be off in `defaults`, and on in a rule', () => {
    const { rules, operationBreaker } = settingsOf('disarm: off, breaker: off', 'disarm: { after: 1, within: 1h }')
    expect([rules.plain, rules.own?.disarm, operationBreaker]).toEqual([
      { disarm: 'off', breaker: 'off' },
      { after: 1, withinMs: HOUR },
      'off',
    ])
  })

  test.for([
    ['disarm: on'],
    ['disarm: { after: 0, within: 1h }'],
    ['disarm: { after: 51, within: 1h }'],
    ['disarm: { after: 3 }'],
    ['disarm: { after: 3, within: 0m }'],
    ['disarm: { after: 3, within: 8d }'],
    ['disarm: { after: 3, within: 1h, rearmAfter: 0h }'],
    ['disarm: { after: 3, within: 1h, rearm: 1h }'],
    ['breaker: { failed: 3 }'],
    ['breaker: { failed: 0, of: 5, rest: 1m }'],
    ['breaker: { failed: 6, of: 5, rest: 1m }'],
    ['breaker: { failed: 3, of: 21, rest: 1m }'],
    ['breaker: { failed: 3, of: 5, rest: 30 }'],
  ] as const)('cannot be %s', ([wrong]) => {
    const field = wrong.split(':')[0]
    expect(() => settingsOf('', wrong)).toThrow(new RegExp(`^r\\.yml:5: rules\\.1\\.${field}`))
    expect(() => settingsOf(wrong, 'cooldown: 1m')).toThrow(new RegExp(`^r\\.yml:2: defaults\\.${field}`))
  })
})
