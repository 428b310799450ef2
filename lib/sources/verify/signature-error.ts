/** The webhook is not proven to come from who may send it. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
}
