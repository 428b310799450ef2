import { pick, streamOf, whole } from '../engine/chance.ts'
import type { Theme } from '../engine/faults.ts'
import type { SceneName } from './scenes.ts'

/** Where records and queues are: on AWS, or on one machine, in SQLite. */
export type Home = 'aws' | 'sqlite'

/** What kind of world it is, where the seed alone does not say. */
export interface Kind {
  home?: Home | undefined
  /** Instead of what the seed says. */
  harm?: number | undefined
  /** An operation that is asked for again and again. */
  favoured?: string | undefined
  /** So many requests, all for one instance and one cluster, and worse things happen. */
  contention?: number | undefined
  /** Scenes that are played whatever the seed says. */
  scenes?: readonly SceneName[] | undefined
  theme?: Theme | undefined
  /** No scenes are played, and nobody comes afterwards. */
  plain?: boolean | undefined
}

/** How one world is, apart from what goes wrong in it. */
export interface Nature {
  home: Home
  harm: number
  theme: Theme
  /** For how long things go wrong (ms). */
  troubleMs: number
  /** How far indexes and careless reads are behind, at most (ms). */
  lagMs: number
  /** Whether DCS lists tasks of which that is not documented. */
  listsTasks: boolean
  /** How often pollers look (ms). */
  pollersMs: number
}

export function natureOf(seed: number, { home, harm, theme }: Kind = {}): Nature {
  const random = streamOf(seed, 'nature')
  const own = { harm: 0.1 + 0.9 * random(), theme: pick(THEMES, random) }
  const nature: Nature = {
    home: home ?? homeOf(seed),
    harm: harm ?? own.harm,
    theme: theme ?? own.theme,
    listsTasks: random() < 0.5,
    troubleMs: (15 + whole(45, random)) * 60_000,
    lagMs: random() < 0.3 ? whole(20_000, random) : whole(200, random),
    pollersMs: 1 + whole(random() < 0.5 ? 20 : 3_000, random),
  }
  // Long enough for an outage of an hour, and what comes of it.
  if (random() < LONG_SHARE) nature.troubleMs = (75 + whole(30, random)) * 60_000
  return nature.home === 'sqlite' ? { ...nature, theme: themeOfMachine(nature.theme), lagMs: 0 } : nature
}

/** In so many worlds the trouble is long. */
const LONG_SHARE = 0.1

/** Of so many worlds one is on one machine. */
const HOMES = 6

function homeOf(seed: number): Home {
  return seed % HOMES === 0 ? 'sqlite' : 'aws'
}

/** A file loses no message. */
function themeOfMachine(theme: Theme): Theme {
  return theme === 'messages' ? 'machine' : theme
}

/** Mostly everything goes wrong; what must not need one safety net is seen where the others have nothing to do. */
const THEMES: readonly Theme[] = [
  'all',
  'all',
  'all',
  'all',
  'all',
  'all',
  'all',
  'cloud',
  'messages',
  'outages',
  'nothing',
]
