import { join } from 'node:path'
import { expect, test } from 'vitest'
import { durationOf } from '../../../lib/local/send/report.ts'
import { fileOf, findSample, listSamples, SENDERS, sampleOf } from '../../../lib/local/send/samples.ts'

const SAMPLES = ['cloudwatch/ok', 'jira/approved-flush', 'jira/created', 'huawei/ok']

test.for([
  ['jira/created', 'jira/created'],
  ['events/jira/created.json', 'jira/created'],
  ['./events/jira/created.json', 'jira/created'],
  ['approved-flush', 'jira/approved-flush'],
] as const)('%s is %s', ([given, sample]) => {
  expect(findSample(SAMPLES, given)).toBe(sample)
})

test.for([
  ['jira/aproved-flsh', '  jira/approved-flush'],
  ['crated', '  jira/created'],
  ['ok', '  cloudwatch/ok\n  huawei/ok\n'],
  ['../../package', '  '],
] as const)('%s is none, and those that are near are named', ([given, near]) => {
  expect(() => findSample(SAMPLES, given)).toThrow(`no single sample is called "${given}". Do you mean\n${near}`)
})

test('a sample is sent by the source whose folder it is in', () => {
  const { text, ...sample } = sampleOf(SAMPLES, 'approved-flush')
  expect(sample).toEqual({ file: 'events/jira/approved-flush.json', source: 'jira' })
  expect(JSON.parse(text)).toHaveProperty('issue')
})

test('any file is sent by whom it is said to be of', () => {
  expect(fileOf('package.json', 'grafana')).toMatchObject({ file: 'package.json', source: 'grafana' })
  expect(SENDERS).toEqual(expect.arrayContaining(['cloudwatch', 'alertmanager', 'generic']))
})

test.for([
  ['package.json', 'nagios', /^--source takes one of cloudwatch, .*, not "nagios"$/],
  ['none.json', 'grafana', /^none\.json cannot be read: ENOENT/],
  ['events', 'grafana', /^events cannot be read: EISDIR/],
] as const)('%s of %s is refused', ([file, source, message]) => {
  expect(() => fileOf(file, source)).toThrow(message)
})

test('a file whose source nobody named is not taken for a sample, and it says how it is sent', () => {
  expect(() => findSample(SAMPLES, 'package.json')).toThrow('To send the file, say who sends it: --source NAME')
})

test('the samples are those of events, by source', () => {
  const samples = listSamples(join(import.meta.dirname, '../../..'))
  expect(samples).toContain('cloudwatch/redis-unresponsive')
  expect(samples.filter((sample) => !/^[a-z]+\/[a-z0-9-]+$/.test(sample))).toEqual([])
})

test.for([
  [0, '0 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [97_679_000, '1 d 3 h'],
  [86_400_000, '1 d'],
  [86_460_000, '1 d'],
] as const)('%j ms is %s', ([ms, text]) => {
  expect(durationOf(ms)).toBe(text)
})
