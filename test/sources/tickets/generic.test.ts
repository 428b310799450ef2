import { describe, expect, test } from 'vitest'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import { generic } from '../../../lib/sources/tickets/generic.ts'
import { readBy, sampleOf } from '../sample.ts'

describe('POST /webhooks/generic', () => {
  const read = (payload: unknown): DeliveryItem[] =>
    readBy(generic, payload, { WEBHOOK_GENERIC_SECRETS: [] }, { deliveryId: 'msg_1', atMs: 0 })

  test('a ticket that requests a run is a request under its delivery id', () => {
    expect(read(sampleOf('generic', 'flush-requested'))).toEqual([
      {
        request: {
          operation: 'dcs.instance.flush',
          target: { instanceId: '9c47de18-60fb-4f3e-8a25-7b90cd13e642' },
          collision: 'queue',
          source: {
            kind: 'ticket',
            name: 'generic',
            id: 'msg_1',
            reason: 'OPS-1234: catalogue cache holds prices of yesterday',
          },
          idempotencyKey: 'ticket/generic/msg_1',
          within: ['data'],
        },
        occurredAt: '2026-11-20T09:30:00.000Z',
      },
    ])
  })

  test('any other type is a ticket for the rules', () => {
    const payload = { type: 'ticket.approved', timestamp: '2026-11-20T09:30:00Z', data: { cache: 'orders-cache' } }
    expect(read(payload)).toEqual([
      {
        ticket: {
          source: 'generic',
          event: 'ticket.approved',
          key: 'msg_1',
          by: '',
          reason: '',
          occurredAt: '2026-11-20T09:30:00.000Z',
          dedupeKey: 'msg_1',
          fields: payload,
        },
      },
    ])
  })

  test('our own note is ignored', () => {
    const payload = { type: 'comment.added', data: { note: `done: steadyhand run_${'0'.repeat(32)}` } }
    expect(read(payload)).toEqual([{ subject: 'msg_1', ignored: 'Steadyhand caused this event itself' }])
  })

  test.for([
    [{}, 'type'],
    [{ type: 'run.requested' }, 'data'],
    [{ type: 'run.requested', data: { operation: 'x', target: {}, more: 1 } }, 'data.more'],
    [{ type: 'run.requested', data: { operation: 'x', target: {} }, more: 1 }, 'more'],
  ] as const)('%j is refused, naming %s', ([payload, field]) => {
    expect(() => read(payload)).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ field })] }))
  })
})
