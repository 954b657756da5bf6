// SPDX-License-Identifier: Apache-2.0
// How long it takes where it works, and what is lost on the way.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local sized = dashboard.sized;

function(context)
  local watched = context.watched;
  local connect = 'egresswatch_connect_duration_seconds';
  local firstByte = 'egresswatch_first_byte_duration_seconds';
  {
    title: 'Latency and loss',
    panels: [
      sized(8, 8, panels.timeseries(
        'Time to connect, by service',
        |||
          95th percentile of the TCP handshake, of those that succeeded. Around 1 s and more a first packet was lost
          and sent again. A gap means that nobody connected.
        |||,
        [panels.range(queries.quantile(0.95, connect, watched, 'service'), '{{service}}')],
        unit='s',
        noValue='No connections',
      ) + panels.limit(1)),
      sized(8, 8, panels.timeseries(
        'Time to connect, by family',
        |||
          Median and 95th percentile of the TCP handshake over IPv4 and IPv6: if only one of them is slow, its route
          is the place to look.
        |||,
        [
          panels.range(queries.quantile(0.5, connect, watched, 'family'), '{{family}} median'),
          panels.range(queries.quantile(0.95, connect, watched, 'family'), '{{family}} 95th percentile'),
        ],
        unit='s',
        noValue='No connections',
      ) + panels.limit(1)),
      sized(8, 8, panels.timeseries(
        'Time to the first byte, by service',
        |||
          95th percentile from the first payload sent (the TLS hello) to the first payload received. Slow here and
          fast to connect: a proxy, an inspecting firewall or the service itself.
        |||,
        [panels.range(queries.quantile(0.95, firstByte, watched, 'service'), '{{service}}')],
        unit='s',
        noValue='No answers',
      ) + panels.limit(1)),
      sized(12, 8, panels.timeseries(
        'SYNs sent again',
        |||
          First packets of connections that had to be repeated, within each interval, by endpoint. Much of it without
          failures is a link that loses packets, or a NAT gateway without free ports.
        |||,
        [panels.range(queries.increase('egresswatch_syn_retransmits_total', watched, 'host') + ' > 0', '{{host}}')],
        stack=true,
        noValue='None was repeated',
      )),
      sized(12, 8, panels.timeseries(
        'Segments sent again',
        |||
          Other repeated segments within each interval, by endpoint; counted when the connection ends. After an idle
          time they are the sign of a firewall that forgot the connection.
        |||,
        [panels.range(queries.increase('egresswatch_retransmits_total', watched, 'host') + ' > 0', '{{host}}')],
        stack=true,
        noValue='None was repeated',
      )),
    ],
  }
