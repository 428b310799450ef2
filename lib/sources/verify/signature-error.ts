import { RequestError } from '../../runs/request-error.ts'

/** The sender's id of the delivery cannot be used, whoever sent it: nothing was verified. */
export class DeliveryIdError extends RequestError {
  constructor(header: string, message: string) {
    super([{ field: header, in: 'header', message }])
  }
}

/** The sender of the webhook is not proven. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
}
