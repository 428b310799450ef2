/** Opens the door of Alertmanager in the worlds that are counted. */
export const ALERTMANAGER = { WEBHOOK_ALERTMANAGER_SECRETS: 'counted-by-the-cost' }

/** As the gateway hands on a webhook of Alertmanager, with one alert of a name that no rule has. @param node that it is about */
export function unwantedAlert(atMs: number, node: string): object {
  const path = '/webhooks/alertmanager'
  const startsAt = new Date(atMs).toISOString()
  const labels = {
    alertname: 'DiskFillsUp',
    cluster: 'eu-shop',
    instance: `${node}:9100`,
    job: 'node',
    severity: 'warning',
  }
  const alert = {
    ...{ status: 'firing', labels, startsAt, endsAt: '0001-01-01T00:00:00Z', fingerprint: '6f1d2a9c04be7735' },
    annotations: { summary: `The disk of ${node} is full in four hours` },
    generatorURL: 'http://prometheus.shop.example:9090/graph?g0.expr=predict_linear&g0.tab=1',
  }
  const group = { receiver: 'steadyhand', status: 'firing', groupKey: '{}:{alertname="DiskFillsUp"}', version: '4' }
  return {
    version: '2.0',
    routeKey: 'POST /webhooks/{source}',
    rawPath: path,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${ALERTMANAGER.WEBHOOK_ALERTMANAGER_SECRETS}`,
    },
    body: JSON.stringify({
      ...group,
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: {},
      alerts: [alert],
    }),
    isBase64Encoded: false,
    pathParameters: { source: 'alertmanager' },
    requestContext: { http: { method: 'POST', path } },
  }
}
