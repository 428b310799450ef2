import { type Answer, json, text } from '../server/answer.ts'
import { BAD_GATEWAY, type Fault, GATEWAY_PAGE, NO_ANSWER, padding, SPOILED_BODY } from '../server/faults.ts'
import { type RefusalCode, refuse } from './answers.ts'
import { type RateLimit, throttled } from './rate-limit.ts'

/** Ways to answer falsely. */
export type FaultName = keyof typeof FAULTS

interface Wording {
  busyCode: RefusalCode
  rateLimit: RateLimit
  retryAfterSeconds: number
  redirectTo: string
}

const serverError = () => refuse('DCS.5000')
const gatewayTimeout = () => refuse('APIGW.0201', { status: 504, message: 'Backend timeout' })

/** In the order of precedence: of several that are on, the first one hits. A read is a GET. */
export const FAULTS = {
  throttle: { on: 'all', takesEffect: false, instead: (_answer, wording) => throttled(wording) },
  redirect: { on: 'all', takesEffect: false, instead: (_answer, wording) => redirected(wording) },
  busyWrites: { on: 'writes', takesEffect: false, instead: (_answer, wording) => refuse(wording.busyCode) },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  ...BAD_GATEWAY,
  gatewayTimeoutBefore: { on: 'all', takesEffect: false, instead: gatewayTimeout },
  gatewayTimeoutAfter: { on: 'writes', takesEffect: true, instead: gatewayTimeout },
  ...NO_ANSWER,
  ...SPOILED_BODY,
  errorBody: { on: 'all', takesEffect: false, instead: () => ({ ...refuse('DCS.5000'), status: 200 }) },
  hugeBody: { on: 'all', takesEffect: true, instead: padded },
} satisfies Record<string, Fault<Wording, Answer>>

function redirected({ redirectTo }: Wording): Answer {
  return { ...text(GATEWAY_PAGE, 'text/html', 302), headers: { Location: redirectTo } }
}

/** Valid JSON, so that only its size can be what a client minds. */
function padded(answer: Answer): Answer {
  return json({ padding: padding(), true_answer: answer.body }, answer.status === 204 ? 200 : answer.status)
}
