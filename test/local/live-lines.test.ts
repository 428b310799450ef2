import { expect, test } from 'vitest'
import { type LiveLine, liveLines } from '../../lib/local/live-lines.ts'

const line = (key: string, state: string, elapsed: string): LiveLine => ({ key, fields: [key, state], elapsed })

const written = (isTTY: boolean, frames: LiveLine[][]): string => {
  let text = ''
  const show = liveLines({
    isTTY,
    write: (chunk: string | Uint8Array) => {
      text += chunk
      return true
    },
  })
  for (const frame of frames) show(frame)
  return text
}

const FRAMES = [
  [line('a', 'queued', '1 s')],
  [line('a', 'queued', '2 s'), line('b', 'queued', '1 s')],
  [line('a', 'succeeded', '3 s'), line('b', 'queued', '2 s')],
]

test('a terminal sees one line a run, drawn over in place', () => {
  expect(written(true, FRAMES)).toBe(
    [
      'a  queued  1 s\u001b[K\n',
      '\u001b[1Aa  queued  2 s\u001b[K\nb  queued  1 s\u001b[K\n',
      '\u001b[2Aa  succeeded  3 s\u001b[K\nb  queued  2 s\u001b[K\n',
    ].join(''),
  )
})

test('anything else sees a plain line each time that something changes', () => {
  expect(written(false, FRAMES)).toBe('a  queued  1 s\nb  queued  1 s\na  succeeded  3 s\n')
})
