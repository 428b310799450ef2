/** The sender of the webhook is not proven. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
}
