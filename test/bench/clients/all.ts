/** All contestants that make calls, in the order in which they are shown. */
export const CLIENTS = {
  'huawei-ours': { title: 'ours: call(), Huawei Cloud', load: () => import('./huawei-ours.ts') },
  'tencent-ours': { title: 'ours: call(), Tencent Cloud', load: () => import('./tencent-ours.ts') },
  'huawei-pool': { title: 'undici Pool.request + minimal signer', load: () => import('./huawei-pool.ts') },
  'huawei-dispatch': { title: 'undici Pool.dispatch, unsigned', load: () => import('./huawei-dispatch.ts') },
  'huawei-official': { title: 'Huawei Cloud SDK core', load: () => import('./huawei-official.ts') },
  'tencent-official': { title: 'Tencent Cloud SDK core', load: () => import('./tencent-official.ts') },
}

export type ClientName = keyof typeof CLIENTS

export const CLIENT_NAMES = Object.keys(CLIENTS) as ClientName[] // its own keys
