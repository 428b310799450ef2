/** Every tool of this suite, at the version that it was last tried with. A newer one may find something new. */
export const VERSIONS = {
  'openapi-typescript': '7.13.0',
  'openapi-fetch': '0.17.0',
  '@hey-api/openapi-ts': '0.99.0',
  orval: '8.38.0',
  oazapfts: '7.5.0',
  '@oazapfts/runtime': '1.2.0',
  'openapi-python-client': '0.29.1',
  'openapi-generator-cli': '7.25.0',
  'oapi-codegen': '2.8.2',
  ogen: '1.25.0',
  '@stoplight/spectral-cli': '6.16.3',
  '@redocly/cli': '2.77.0',
  schemathesis: '4.32.5',
  cloudevents: '10.0.0',
  standardwebhooks: '1.1.1',
  // What generators or their clients need beside them.
  axios: '1.21.1',
  typescript: '5.9.3',
  mypy: '2.4.1',
  'github.com/oapi-codegen/runtime': '1.9.0',
}

export type ToolName = keyof typeof VERSIONS
