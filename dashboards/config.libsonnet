// SPDX-License-Identifier: Apache-2.0
// What an installation may want otherwise: import mixin.libsonnet and add to `_config`.
{
  _config+:: {
    dashboardUids: { host: 'egresswatch-host', fleet: 'egresswatch-fleet' },
    dashboardTags: ['egresswatch'],
    // every alert of this mixin, and no other
    alertNames: 'Egresswatch.+',
    docsUrl: 'https://github.com/egresswatch/egresswatch/blob/main/docs',
    runbookUrl: self.docsUrl + '/alerts/%s.md',

    // which targets are ours
    selector: 'job="egresswatch"',
    // what tells one host
    hostLabels: 'job, instance',

    // A destination is failing if more than this part of at least so many attempts within the window fail.
    window: '5m',
    failingRatio: 0.5,
    minAttempts: 5,
    // A problem must last this long. Failures count for a whole window anyway.
    pendingFor: '1m',
    // A vault to which attempts go on without a success for so long, however few they are.
    noSuccessSeconds: 900,
    // Attempts that far apart still go on: a secret that is renewed each hour.
    rarelySeconds: 7200,
    // p95 of the time from the first SYN to established
    slowConnectSeconds: 1,
    slowConnectFor: '10m',
    // Until the monitor itself is called down, blind or starved.
    monitorFor: '5m',
    // A host that is no longer scraped, nor pushed for, is missed for so long.
    missedFor: '1h',
    busyCores: 0.5,
    slowScrapeSeconds: 2,
    // Probes that a kernel, a lockdown or the sandbox of the unit may rightly leave out: bpf/README.md.
    optionalProbes: 'getaddrinfo|icmp_error|packet_dropped',
  },
}
