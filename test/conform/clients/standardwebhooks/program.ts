import { Webhook } from 'standardwebhooks'

const [url = '', instanceId = '', atMs = ''] = process.argv.slice(2)
const at = new Date(Number(atMs))
const body = JSON.stringify({
  type: 'run.requested',
  timestamp: at.toISOString(),
  data: { operation: 'dcs.instance.flush', target: { instanceId }, reason: 'by the official library' },
})
const headers = {
  'content-type': 'application/json',
  'webhook-id': 'msg_conform',
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(process.env.WEBHOOK_SECRET ?? '').sign('msg_conform', at, body),
}
const post = (text: string): Promise<Response> =>
  fetch(`${url}/webhooks/generic`, { method: 'POST', headers, body: text })

const taken = await post(body)
if (taken.status !== 202) throw new Error(`${taken.status}: ${await taken.text()}`)
console.log(await taken.text())
const changed = await post(body.replace('official', 'other'))
if (changed.status !== 401) throw new Error(`${changed.status}: a changed body was taken`)
