import { type Answer, text } from '../server/answer.ts'
import { BAD_GATEWAY, type Fault, NO_ANSWER, padding, SPOILED_BODY } from '../server/faults.ts'
import { type Refusal, type RefusalCode, refuse } from './answers.ts'

/** Ways to answer falsely. */
export type FaultName = keyof typeof FAULTS

interface Wording {
  throttleCode: RefusalCode
  serverErrorCode: RefusalCode
  redirectTo: string
}

const serverError = (_answer: Answer, wording: Wording) => refuse(wording.serverErrorCode)

/** In the order of precedence: of several that are on, the first one hits. A refusal still gets its envelope. */
export const FAULTS = {
  throttle: { on: 'all', takesEffect: false, instead: (_answer, wording) => refuse(wording.throttleCode) },
  serverErrorBefore: { on: 'writes', takesEffect: false, instead: serverError },
  serverErrorAfter: { on: 'writes', takesEffect: true, instead: serverError },
  ...BAD_GATEWAY,
  ...NO_ANSWER,
  redirect: { on: 'all', takesEffect: false, instead: (_answer, wording) => redirected(wording) },
  ...SPOILED_BODY,
  noResponse: { on: 'all', takesEffect: true, instead: () => text('{"Message":"ok"}', 'application/json') },
  hugeBody: { on: 'all', takesEffect: true, instead: padded },
} satisfies Record<string, Fault<Wording, Answer | Refusal>>

function redirected(wording: Wording): Answer {
  return { ...text('', 'text/html', 302), headers: { Location: wording.redirectTo } }
}

/** Valid JSON with the true answer in it, so that only its size can be what a client minds. */
function padded(answer: Answer): Answer {
  return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), padding: padding() }) }
}
