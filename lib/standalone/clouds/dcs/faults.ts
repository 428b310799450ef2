import { type Answer, json, type RefusalCode, refuse, text } from './answers.ts'
import { type RateLimit, throttled } from './rate-limit.ts'

/** Which requests a fault may hit; a read is a GET. */
export type Sort = 'writes' | 'reads' | 'all'

/** Ways to answer falsely. */
export type FaultName = keyof typeof FAULTS

/** What the quirks leave open in the answers of some faults. */
interface Wording {
  busyCode: RefusalCode
  rateLimit: RateLimit
  retryAfterSeconds: number
  redirectTo: string
}

export interface Fault {
  on: Sort
  /** Whether the request is carried out all the same. */
  takesEffect: boolean
  /** The answer that is sent instead of the true one. */
  instead: (answer: Answer, wording: Wording) => Answer
}

/** Over any bound that a sane client sets on an answer of a few kB. */
const HUGE_BYTES = 24 * 1024 * 1024
const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

const serverError = () => refuse('DCS.5000')
const badGateway = () => text(HTML, 'text/html', 502)
const gatewayTimeout = () => refuse('APIGW.0201', { status: 504, message: 'Backend timeout' })
const hang = (answer: Answer): Answer => ({ ...answer, delivery: 'hang' })
const reset = (answer: Answer): Answer => ({ ...answer, delivery: 'reset' })

/** In the order of precedence: of several that are on, the first one hits. */
export const FAULTS = {
  throttle: { on: 'all', takesEffect: false, instead: (_answer: Answer, wording: Wording) => throttled(wording) },
  redirect: { on: 'all', takesEffect: false, instead: (_answer: Answer, wording: Wording) => redirected(wording) },
  busyWrites: {
    on: 'writes',
    takesEffect: false,
    instead: (_answer: Answer, wording: Wording) => refuse(wording.busyCode),
  },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  badGatewayBefore: { on: 'all', takesEffect: false, instead: badGateway },
  badGatewayAfter: { on: 'writes', takesEffect: true, instead: badGateway },
  gatewayTimeoutBefore: { on: 'all', takesEffect: false, instead: gatewayTimeout },
  gatewayTimeoutAfter: { on: 'writes', takesEffect: true, instead: gatewayTimeout },
  hangBefore: { on: 'all', takesEffect: false, instead: hang },
  hangAfter: { on: 'writes', takesEffect: true, instead: hang },
  resetBefore: { on: 'all', takesEffect: false, instead: reset },
  resetAfter: { on: 'writes', takesEffect: true, instead: reset },
  truncatedBody: { on: 'all', takesEffect: true, instead: (answer: Answer) => ({ ...answer, delivery: 'truncated' }) },
  notJsonBody: { on: 'all', takesEffect: true, instead: () => text('<html>maintenance</html>', 'application/json') },
  errorBody: { on: 'all', takesEffect: false, instead: () => ({ ...refuse('DCS.5000'), status: 200 }) },
  hugeBody: { on: 'all', takesEffect: true, instead: (answer: Answer) => padded(answer) },
} satisfies Record<string, Fault>

function redirected({ redirectTo }: Wording): Answer {
  return { ...text(HTML, 'text/html', 302), headers: { Location: redirectTo } }
}

/** Valid JSON, so that only its size can be what a client minds. */
function padded(answer: Answer): Answer {
  return json(
    { padding: 'x'.repeat(HUGE_BYTES), true_answer: answer.body },
    answer.status === 204 ? 200 : answer.status,
  )
}
