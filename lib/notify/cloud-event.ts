/**
 * CloudEvents 1.0, JSON format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 * with the extensions for partitioning and for distributed tracing.
 */
export interface CloudEvent {
  specversion: '1.0'
  /** Unique together with `source`, and the same however often the event is sent. */
  id: string
  /** The deployment: `urn:steadyhand:…`. */
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  /** Absent while the address of the API is not known. */
  dataschema?: string
  /** Events of one key are in order: those of one resource. */
  partitionkey: string
  /** The trace of the request, or else one of the run. https://www.w3.org/TR/trace-context/ */
  traceparent: string
  data: unknown
}
