import { expect, test } from 'vitest'
import { printable, printableLines } from '../../lib/local/printable.ts'
import { answerLines, resultLine } from '../../lib/local/send/report.ts'

test.for([
  ['redis\nrun_0 succeeded', 'redis\\u000arun_0 succeeded'],
  ['\u001b[2J\u001b[1;1Hall is well', '\\u001b[2J\\u001b[1;1Hall is well'],
  ['\u009b31m', '\\u009b31m'],
  ['a\rb\tc\u0000\u007f', 'a\\u000db\\u0009c\\u0000\\u007f'],
  ['\u202edeliaf\u2066', '\\u202edeliaf\\u2066'],
  ['a\u2028b', 'a\\u2028b'],
  ['Übung 😀 提示', 'Übung 😀 提示'],
])('%j is one line of a terminal', ([text = '', line]) => {
  expect(printable(text)).toBe(line)
})

test('lines of our own stay lines', () => {
  expect(printableLines('r.yml:1: x\nr.yml:2: \u001b')).toBe('r.yml:1: x\nr.yml:2: \\u001b')
})

test('what was answered and what became of it forge no line', () => {
  const forged = 'redis\n\u001b[32mrun_1  dcs.instance.restart  succeeded'
  const lines = [
    ...answerLines([{ status: 500, body: forged }]),
    resultLine({ subject: forged, rule: 'r', ignored: forged }),
    resultLine({ subject: forged, refused: forged, times: 7 }),
    resultLine({ subject: 'alertmanager', handedOn: 150 }),
  ]
  expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([])
  expect(lines.at(-1)).toBe('  alertmanager  150 alarms will be decided in a moment')
})
