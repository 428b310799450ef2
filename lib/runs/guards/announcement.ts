/** What happened to a guard or an episode, in words for people. */
export interface Announcement extends AnnouncementData {
  type: AnnouncementType
  /** The same for one happening, however often it is published. */
  key: string
  /** ISO 8601 */
  at: string
}

export interface AnnouncementData {
  /** A resource, `rule/<name>`, `operation/<name>`, `group/<name>` or `pause/<id>`. */
  of: string
  reason: string
  /** Who did it, if a person did. */
  by?: string | undefined
  episodeId?: string | undefined
  runIds?: string[] | undefined
}

export const ANNOUNCEMENT_TYPES = [
  'episode.exhausted',
  'rule.disarmed',
  'rule.armed',
  'storm.began',
  'storm.ended',
  'breaker.opened',
  'breaker.closed',
  'pause.began',
  'pause.used',
  'pause.ended',
] as const
export type AnnouncementType = (typeof ANNOUNCEMENT_TYPES)[number]
