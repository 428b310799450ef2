/** How this API is served: what its document says, and the addresses in its answers. */
export interface Deployment {
  home: 'aws' | 'one machine'
  /** How callers prove themselves: signed by IAM, by a token, or not at all. */
  access: 'iam' | 'bearer' | 'none'
  /** The address for everybody, without a slash at the end; unless given, that of each request. */
  publicUrl?: string | undefined
}
