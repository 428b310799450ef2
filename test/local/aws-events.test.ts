import { expect, test } from 'vitest'
import type { HttpEvent } from '../../lib/api/http/http.ts'
import { alarmEvents, alarmEventsIn } from '../../lib/local/aws-events.ts'
import type { Queue } from '../../lib/runs/ports.ts'
import type { AlarmReceiver } from '../../lib/sources/alarm-events.ts'

const EVENT = { source: 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change', detail: { alarmName: 'a' } }
const CONTRIBUTOR = { ...EVENT, 'detail-type': 'CloudWatch Alarm Contributor State Change' }
const ENTRY = { Source: EVENT.source, DetailType: EVENT['detail-type'], Detail: JSON.stringify(EVENT.detail) }
const SNS = { Records: [{ EventSource: 'aws:sns', Sns: { Message: '{}' } }] }
const ACTION = { source: 'aws.cloudwatch', alarmArn: 'arn', alarmData: { alarmName: 'a' } }

test.for([
  ['an event', EVENT, [EVENT]],
  ['an event of a contributor', CONTRIBUTOR, [CONTRIBUTOR]],
  ['a list', [EVENT, CONTRIBUTOR], [EVENT, CONTRIBUTOR]],
  ['a request of PutEvents', { Entries: [ENTRY] }, [EVENT]],
  ['a delivery of SNS', SNS, [SNS]],
  ["an alarm's action", ACTION, [ACTION]],
  ['an event of another service', { ...EVENT, source: 'aws.ec2' }, []],
  ['another event of CloudWatch', { ...EVENT, 'detail-type': 'CloudWatch Alarm Configuration Change' }, []],
  ['one of each', [EVENT, { ...EVENT, source: 'mine' }], [EVENT]],
  ['an entry whose detail is no JSON', { Entries: [{ ...ENTRY, Detail: '{' }] }, undefined],
  ['a record of a queue', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }, undefined],
  ['no records', { Records: [] }, undefined],
  ['an event without a detail', { source: 'aws.cloudwatch', 'detail-type': 'x' }, undefined],
  ['a text', 'alarm', undefined],
  ['nothing', undefined, undefined],
] as const)('%s is read', ([, posted, events]) => {
  expect(alarmEventsIn(posted)).toEqual(events)
})

interface Taking {
  receive?: AlarmReceiver['receive']
  sendBack?: Queue['sendBack']
}

async function posted(body: string, { receive = async () => [], sendBack = async () => {} }: Taking) {
  const sent: [string, string][] = []
  const queue = {
    sendBack: async (to: 'alarms', text: string) => {
      await sendBack(to, text)
      sent.push([to, text])
    },
  } as Queue // all that is used of it
  const events = alarmEvents({ receive, take: async () => {} }, { queue, log: () => {}, publicUrl: undefined })
  const { statusCode, body: text = '' } = await events({ body, headers: {} } as HttpEvent) // nothing else is read
  return { answer: { statusCode, body: JSON.parse(text) }, sent }
}

test('says what became of each alarm', async () => {
  const receive: AlarmReceiver['receive'] = async () => [{ subject: 'a', ignored: 'no rule' }]
  expect(await posted(JSON.stringify([EVENT, CONTRIBUTOR, { ...EVENT, source: 'mine' }]), { receive })).toEqual({
    answer: {
      statusCode: 202,
      body: {
        matched: 2,
        results: [
          { subject: 'a', ignored: 'no rule' },
          { subject: 'a', ignored: 'no rule' },
        ],
      },
    },
    sent: [],
  })
})

test('an alarm that cannot be decided now is queued, as it came', async () => {
  const receive: AlarmReceiver['receive'] = async () => {
    throw new Error('disk full')
  }
  expect(await posted(JSON.stringify(SNS), { receive })).toEqual({
    answer: { statusCode: 202, body: { matched: 1, results: [], queued: 1 } },
    sent: [['alarms', JSON.stringify(SNS)]],
  })
})

test('what can be neither decided nor queued is not acknowledged', async () => {
  const fail = async () => {
    throw new Error('disk full')
  }
  const { answer, sent } = await posted(JSON.stringify(EVENT), { receive: fail, sendBack: fail })
  expect([answer.statusCode, sent]).toEqual([500, []])
})

test.for([
  ['{', 'unreadable-body'],
  ['', 'unreadable-body'],
  ['{}', 'invalid-request'],
  ['"x"', 'invalid-request'],
] as const)('%j, which is no event, is refused as %s', async ([body, type]) => {
  expect((await posted(body, {})).answer).toMatchObject({ statusCode: 400, body: { type: `/problems/${type}` } })
})
