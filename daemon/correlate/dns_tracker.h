// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/archive.h"
#include "base/bounded_map.h"
#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/process.h"

namespace egresswatch::correlate {

// How a question ended.
struct DnsOutcome {
  Process asker;
  Endpoint resolver;              // who answered; for no_answer: the last one that did not
  std::uint64_t duration_ns = 0;  // since the process first sent the question, to whichever resolver
  std::uint32_t attempts = 0;     // times it was sent in that time
  DnsCause cause = DnsCause::none;
};

// Matches DNS answers with the queries that asked for them, and tells which questions got none.
//
// An answer counts only if a query with the same socket, both endpoints, transport, id, name and type is outstanding
// (RFC 5452 section 9.1); everything else is counted and ignored. Names are learned from answers: call
// NameTable::learn() only when answer() returned an outcome.
//
// Stub resolvers send a question again, to the same or another resolver, from the same or another socket. What one
// process asks about one name and type is therefore one question, however many queries it takes: queries differ from it
// only in where an answer may come from. NOERROR and NXDOMAIN settle the question: what is still outstanding for it
// then may be answered, but is no failure (`superseded`). Other codes do not, since a stub resolver goes on to the next
// server. A truncated answer is no outcome: the client asks again over TCP (RFC 7766).
//
// A question with neither is reported once, `timeout_ns` and kGraceNs after it was last sent: glibc, Go and c-ares
// repeat a question when five seconds are over, and must have had the chance. Answers that come later are unmatched.
//
// Threads that ask the same at the same time are one question too. A query with another id to the resolver asked last
// is taken for another thread's and not for an attempt, unless kThreadWindowNs have gone by.
//
// Memory: about 600 bytes for a question with one query, so 10 MB when full; taken as the tables grow, and used again.
// Not thread-safe. Times are those of the packets.
class DnsTracker {
 public:
  struct Options {
    std::size_t capacity = 16384;  // of queries, and of questions
    std::uint64_t timeout_ns = 5'000'000'000;
  };

  struct Counters {
    std::uint64_t ignored = 0;     // not a query, or not an answer, although handed over as one
    std::uint64_t unmatched = 0;   // answers that no query asked for: late, or forged
    std::uint64_t truncated = 0;   // answers with TC
    std::uint64_t superseded = 0;  // queries without an answer whose question was answered elsewhere
    std::uint64_t unanswered = 0;  // questions reported as no_answer
  };

  static constexpr std::size_t kMaxName = 255;  // of the text that is kept; a longer one is cut
  static constexpr std::uint64_t kGraceNs = 500'000'000;
  static constexpr std::uint64_t kThreadWindowNs = 1'000'000'000;

  explicit DnsTracker(Options options);

  void query(const DnsPacket& packet, const DnsMessage& message);

  // None if nothing asked for it, or it is truncated.
  std::optional<DnsOutcome> answer(const DnsPacket& packet, const DnsMessage& message);

  // Calls report(const DnsOutcome&, std::string_view question, std::uint16_t type) for each question that is overdue;
  // cheap if none is. The text is valid during the call.
  template <typename Report>
  void expire(std::uint64_t now_ns, Report&& report) {
    drop_overdue_queries(now_ns);
    while (const Unanswered* overdue = take_overdue(now_ns))
      report(overdue->outcome, overdue->question.text(), overdue->type);
  }

  // What is outstanding, for restore() of the next process, whose tracker must be new.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

  [[nodiscard]] std::size_t size() const { return queries_.size(); }
  [[nodiscard]] std::size_t capacity() const { return queries_.capacity(); }
  [[nodiscard]] std::uint64_t evictions() const { return queries_.evictions() + questions_.evictions(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct QueryKey {
    SocketId socket = 0;
    Endpoint local;
    Endpoint remote;
    std::uint64_t name_hash = 0;
    std::uint16_t type = 0;
    std::uint16_t id = 0;
    bool tcp = false;
    bool operator==(const QueryKey&) const = default;
  };
  struct HashQueryKey {
    std::size_t operator()(const QueryKey& key) const;
  };

  // Who asks, and what. A process that is not known is told from others by its socket.
  struct QuestionKey {
    std::uint64_t pid = 0;
    SocketId socket = 0;  // 0 where the pid is known
    std::uint64_t name_hash = 0;
    std::uint16_t type = 0;
    bool operator==(const QuestionKey&) const = default;
  };
  struct HashQuestionKey {
    std::size_t operator()(const QuestionKey& key) const;
  };

  struct Query {
    QuestionKey question;
    std::uint64_t question_uid = 0;  // differs from the question's: that one is over, and was asked again
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::uint32_t transmissions = 0;
  };

  struct Question {
    std::uint64_t uid = 0;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::uint32_t attempts = 0;
    std::uint32_t outstanding = 0;  // queries that may still be answered
    std::uint32_t unanswered = 0;   // queries that are overdue
    bool settled = false;
    bool truncated = false;  // to be asked again over TCP
    std::uint16_t last_id = 0;
    std::uint8_t name_length = 0;
    std::array<char, kMaxName> name{};
    Endpoint last_resolver;
    Endpoint silent_resolver;  // of the last query that is overdue
    Process asker;

    [[nodiscard]] std::string_view text() const { return {name.data(), name_length}; }
  };

  struct Unanswered {
    DnsOutcome outcome;
    Question question;
    std::uint16_t type = 0;
  };

  static QueryKey query_key(const DnsPacket& packet, const DnsMessage& message);
  static QuestionKey question_key(const DnsPacket& packet, const QueryKey& query);
  static bool is_another_attempt(const Question& question, const DnsPacket& packet, const DnsMessage& message);
  void open(Question& question, const DnsPacket& packet, std::string_view name);
  void leave(const Query& query);
  void drop_overdue_queries(std::uint64_t now_ns);
  const Unanswered* take_overdue(std::uint64_t now_ns);
  [[nodiscard]] bool overdue(std::uint64_t last_ns, std::uint64_t now_ns) const {
    return now_ns >= last_ns + options_.timeout_ns + kGraceNs;
  }

  Options options_;
  // Both in the order of the last transmission, since only query() moves an entry.
  BoundedMap<QuestionKey, Question, HashQuestionKey> questions_;
  BoundedMap<QueryKey, Query, HashQueryKey> queries_;
  Unanswered overdue_;  // the one being reported
  std::uint64_t last_uid_ = 0;
  Counters counters_;
};

}  // namespace egresswatch::correlate
