import { Pool } from 'undici'

/** With the options of lib/cloud/send.ts. */
export function barePool(origin: string): Pool {
  return new Pool(origin, {
    connections: 16,
    keepAliveTimeout: 30_000,
    connect: { timeout: 4_000 },
    headersTimeout: 0,
    bodyTimeout: 5_000,
    allowH2: false,
    pipelining: 1,
  })
}
