import { expect, test } from 'vitest'
import { publicUrlOf } from '../../lib/local/public-url.ts'

test.for([
  [undefined, undefined],
  ['', undefined],
  ['https://ops.example.com', 'https://ops.example.com'],
  ['https://ops.example.com/steadyhand///', 'https://ops.example.com/steadyhand'],
  ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
] as const)('PUBLIC_URL=%s is %s', ([PUBLIC_URL, base]) => {
  expect(publicUrlOf({ PUBLIC_URL })).toBe(base)
})

test.for(['ops.example.com', 'ftp://ops.example.com', 'https://u:p@ops.example.com', 'https://x/?a=b', 'https://x/#y'])(
  'PUBLIC_URL=%s is refused',
  (PUBLIC_URL) => {
    expect(() => publicUrlOf({ PUBLIC_URL })).toThrow('PUBLIC_URL must be an address')
  },
)
