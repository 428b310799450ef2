import { UnreachableError } from '../../fetch-text.ts'
import type { DeliveryItem, FetchText } from '../../source.ts'
import type { Confirmation } from './smn/envelope.ts'
import { confirmationLink } from './smn/links.ts'
import type { Topic } from './smn/topic.ts'

/**
 * A topic asks whether we want its messages: yes, as it is configured. The link that undoes a cancellation is never
 * followed: whoever cancelled may have meant it.
 * @param confirmation that is verified
 * @throws {UnreachableError} where it is worth asking again: SMN does
 */
export async function readConfirmation(
  { type, subscribe_url }: Confirmation,
  topic: Topic,
  fetchText: FetchText,
): Promise<DeliveryItem> {
  const subject = topic.urn
  if (type === 'UnsubscribeConfirmation') {
    return {
      ignored: 'subscription cancelled: to have its alarms again, subscribe this address to the topic anew',
      subject,
    }
  }
  const url = confirmationLink(subscribe_url, topic)
  if (!url)
    return { ignored: 'subscription not confirmed: its link leads elsewhere; confirm it in the console', subject }
  const { status, text } = await fetchText(url)
  if (status >= 500 || status === 429) throw new UnreachableError(`the subscription: ${url.host} answers ${status}`)
  // SMN answers with the subscription's URN; a page that asks for a password is a 200 as well.
  const isConfirmed = status === 200 && text.includes('subscription_urn')
  return { ignored: isConfirmed ? 'subscription confirmed' : unconfirmed(status), subject }
}

/** The link is good for 48 hours; another try would have the same answer. */
function unconfirmed(status: number): string {
  return `subscription not confirmed: its link answers ${status} without a subscription; confirm it in the console`
}
