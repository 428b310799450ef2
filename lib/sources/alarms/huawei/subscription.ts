import { UnreachableError } from '../../fetch-text.ts'
import type { DeliveryItem, FetchText } from '../../source.ts'
import type { Confirmation } from './smn/envelope.ts'
import { confirmationLink } from './smn/links.ts'
import type { Topic } from './smn/topic.ts'

/**
 * Confirms the subscription of a configured topic. The link that undoes a cancellation is never followed, because the
 * cancellation may be intended.
 * @param confirmation must be verified
 * @throws {UnreachableError} if SMN should send the confirmation again, which it does
 */
export async function readConfirmation(
  { type, subscribe_url }: Confirmation,
  topic: Topic,
  fetchText: FetchText,
): Promise<DeliveryItem> {
  const subject = topic.urn
  if (type === 'UnsubscribeConfirmation') {
    return {
      ignored: 'subscription cancelled: to receive alarms again, subscribe this address to the topic again',
      subject,
    }
  }
  const url = confirmationLink(subscribe_url, topic)
  if (!url)
    return { ignored: 'subscription not confirmed: the link does not lead to SMN; confirm it in the console', subject }
  const { status, text } = await fetchText(url)
  if (status >= 500 || status === 429)
    throw new UnreachableError(`subscription not confirmed: ${url.host} answered ${status}`)
  // SMN responds with the subscription's URN; a login page is also a 200.
  const isConfirmed = status === 200 && text.includes('subscription_urn')
  return { ignored: isConfirmed ? 'subscription confirmed' : unconfirmed(status), subject }
}

/** Another try would get the same response. The link is valid for 48 hours. */
function unconfirmed(status: number): string {
  return `subscription not confirmed: the link answered ${status} without a subscription; confirm it in the console`
}
