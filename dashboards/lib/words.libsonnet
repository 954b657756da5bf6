// SPDX-License-Identifier: Apache-2.0
// What numbers and labels are called on the panels, in one place, so that a colour means the same everywhere.
local mapping(words) = [{
  type: 'value',
  options: {
    [word]: { text: words[word][0], color: words[word][1], index: 0 }
    for word in std.objectFields(words)
  },
}];

{
  // The functions of the page "Access Azure Key Vault behind a firewall", in its order, and what else Key Vault needs.
  functions: [
    { title: 'Authentication', services: 'entra' },
    { title: 'Key Vault management', services: 'arm' },
    { title: 'Microsoft Graph', services: 'graph' },
    { title: 'Key Vault operations', services: 'key_vault|managed_hsm' },
    { title: 'Certificate revocation', services: 'revocation' },
    { title: 'Platform', services: 'imds|wireserver' },
  ],
  known: std.join('|', [f.services for f in self.functions]),

  // of queries.state
  state: mapping({
    '0': ['No traffic', 'blue'],
    '1': ['OK', 'green'],
    '2': ['Some failed', 'orange'],
    '3': ['Failing', 'red'],
  }),

  monitor: mapping({
    '0': ['Down', 'red'],
    '1': ['Blind in part', 'orange'],
    '2': ['Watching', 'green'],
  }),

  // the label `kind` of egresswatch_host_resolution
  resolution: mapping({
    private_endpoint: ['private endpoint', 'green'],
    public: ['public', 'blue'],
    public_despite_private_link: ['public despite private link', 'red'],
    missing_record: ['record missing', 'red'],
    sinkhole: ['sinkhole', 'red'],
  }),

  // of queries.resolution
  verdict: mapping({ '1': ['fine if meant', 'green'], '2': ['wrong', 'red'] }),

  yesNo: mapping({ '0': ['no', 'red'], '1': ['yes', 'green'] }),
  alertState: mapping({ firing: ['firing', 'red'], pending: ['pending', 'orange'] }),

  none: [{ color: 'green', value: null }],
  anyIsBad: [{ color: 'green', value: null }, { color: 'red', value: 1 }],
  anyIsOdd: [{ color: 'green', value: null }, { color: 'orange', value: 1 }],
}
