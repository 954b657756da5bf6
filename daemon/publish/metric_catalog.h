// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_type.h>

#include <cstddef>

// Every metric, with the text that a scrape shows. Names and labels are a contract: dashboards and alerts depend on
// them. docs/metrics.md explains each; a test compares the two.
namespace egresswatch::publish {

// Label values are cut there: systemd's limit for a unit; a DNS name has 253.
inline constexpr std::size_t kMaxLabelBytes = 255;

struct MetricInfo {
  const char* name;
  prometheus::MetricType type;
  const char* help;
};

namespace catalog {

using enum prometheus::MetricType;

inline constexpr MetricInfo kConnectionAttempts{
    "egresswatch_connection_attempts_total", Counter,
    "TCP connections that a process of this host tried to open, including those that never left it."};
inline constexpr MetricInfo kConnectionsEstablished{"egresswatch_connections_established_total", Counter,
                                                    "TCP connections whose handshake completed."};
inline constexpr MetricInfo kConnectionFailures{
    "egresswatch_connection_failures_total", Counter,
    "TCP connections that failed, by the stage they reached and the cause. Cancelled attempts are not failures."};
inline constexpr MetricInfo kConnectDuration{"egresswatch_connect_duration_seconds", Histogram,
                                             "Seconds from the first SYN to the end of the handshake."};
inline constexpr MetricInfo kFirstByteDuration{
    "egresswatch_first_byte_duration_seconds", Histogram,
    "Seconds from the first payload that was sent to the first that was received, one value per connection."};
inline constexpr MetricInfo kDnsDuration{"egresswatch_dns_duration_seconds", Histogram,
                                         "Seconds from the first DNS query of a question to its answer."};
inline constexpr MetricInfo kDnsAnswers{"egresswatch_dns_answers_total", Counter,
                                        "DNS answers to questions seen leaving this host, by response code."};
inline constexpr MetricInfo kDnsFailures{"egresswatch_dns_failures_total", Counter,
                                         "DNS questions without a usable answer, by cause."};
inline constexpr MetricInfo kHostResolution{
    "egresswatch_host_resolution", Gauge,
    "1 for what the last DNS answer of a name says of its private endpoint; absent where it does not tell."};
inline constexpr MetricInfo kUnexpected{
    "egresswatch_unexpected_connections_total", Counter,
    "Connections, and flows of other protocols, that the policy of this host does not expect, by reason."};
inline constexpr MetricInfo kSynRetransmits{"egresswatch_syn_retransmits_total", Counter,
                                            "SYN segments that were sent again, counted when the connection ends."};
inline constexpr MetricInfo kRetransmits{
    "egresswatch_retransmits_total", Counter,
    "Segments other than SYN that were sent again, counted when the connection ends."};
inline constexpr MetricInfo kSentBytes{
    "egresswatch_sent_bytes_total", Counter,
    "Payload bytes sent, without retransmissions, counted when the connection ends."};
inline constexpr MetricInfo kReceivedBytes{"egresswatch_received_bytes_total", Counter,
                                           "Payload bytes received, counted when the connection ends."};
inline constexpr MetricInfo kOpenConnections{"egresswatch_open_connections", Gauge,
                                             "Connections that are established now, including those found at start."};
inline constexpr MetricInfo kLastSuccess{
    "egresswatch_last_success_timestamp_seconds", Gauge,
    "When a connection was last answered, or ended well without a question, in seconds "
    "since 1970."};
inline constexpr MetricInfo kLastFailure{"egresswatch_last_failure_timestamp_seconds", Gauge,
                                         "When a connection last failed, in seconds since 1970."};
inline constexpr MetricInfo kNames{"egresswatch_names_total", Counter,
                                   "Connections by the source that named their destination; none = no name was found."};
inline constexpr MetricInfo kEvents{"egresswatch_events_total", Counter,
                                    "Kernel records that were processed, and conclusions from them, by type."};
inline constexpr MetricInfo kSeriesOverflow{
    "egresswatch_series_overflow_total", Counter,
    "Observations counted under the label value other because the metric had no room for more series."};

inline constexpr MetricInfo kBuildInfo{"egresswatch_build_info", Gauge,
                                       "Always 1; the labels tell the version, its revision and the running kernel."};
inline constexpr MetricInfo kProbeSkipped{
    "egresswatch_probe_skipped_total", Counter,
    "Runs of a program that the kernel left out, since the program was running on that processor already."};
inline constexpr MetricInfo kProbeAttached{"egresswatch_probe_attached", Gauge,
                                           "1 if the kernel probe is attached; 0 means that its facts are missing."};
inline constexpr MetricInfo kEventsLost{"egresswatch_events_lost_total", Counter,
                                        "Events that are missing from every other metric, by the reason of the loss."};
inline constexpr MetricInfo kDataComplete{
    "egresswatch_data_complete", Gauge,
    "0 after a loss until the state is known again, else 1: tells whether the other metrics can be trusted."};
inline constexpr MetricInfo kTableEntries{"egresswatch_table_entries", Gauge,
                                          "Entries that a table of bounded size holds now."};
inline constexpr MetricInfo kTableEvictions{"egresswatch_table_evictions_total", Counter,
                                            "Entries pushed out of a full table, or not let in, before their time."};
inline constexpr MetricInfo kReloadSuccessful{"egresswatch_config_last_reload_successful", Gauge,
                                              "1 if the configuration was accepted when it was last read, else 0."};
inline constexpr MetricInfo kReloadSuccessTime{"egresswatch_config_last_reload_success_timestamp_seconds", Gauge,
                                               "When a configuration was last accepted, in seconds since 1970."};
inline constexpr MetricInfo kHttpRefused{
    "egresswatch_http_connections_refused_total", Counter,
    "Connections to this endpoint that were closed because there were too many, the idle ones first."};
inline constexpr MetricInfo kControlRefused{"egresswatch_control_connections_refused_total", Counter,
                                            "Connections to the control socket that were turned away, by reason."};
inline constexpr MetricInfo kWebRefused{"egresswatch_http_refused_total", Counter,
                                        "Clients of the web endpoint that were turned away, by reason."};
inline constexpr MetricInfo kHistoryLost{"egresswatch_history_lost_total", Counter,
                                         "Rows that could not be kept in the history, by reason."};

inline constexpr MetricInfo kEventLinesLost{"egresswatch_event_lines_lost_total", Counter,
                                            "Lines that could not be written to the file of events, by reason."};

inline constexpr MetricInfo kProcessCpu{"process_cpu_seconds_total", Counter,
                                        "Total user and system CPU time spent in seconds."};
inline constexpr MetricInfo kProcessResident{"process_resident_memory_bytes", Gauge, "Resident memory size in bytes."};
inline constexpr MetricInfo kProcessVirtual{"process_virtual_memory_bytes", Gauge, "Virtual memory size in bytes."};
inline constexpr MetricInfo kProcessOpenFds{"process_open_fds", Gauge, "Number of open file descriptors."};
inline constexpr MetricInfo kProcessMaxFds{"process_max_fds", Gauge, "Maximum number of open file descriptors."};
inline constexpr MetricInfo kProcessStart{"process_start_time_seconds", Gauge,
                                          "Start time of the process since unix epoch in seconds."};

}  // namespace catalog
}  // namespace egresswatch::publish
