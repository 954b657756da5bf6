// SPDX-License-Identifier: Apache-2.0
#include "correlate/dns_tracker.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/keyed_hash.h"
#include "correlate/dns_cause.h"

namespace egresswatch::correlate {
namespace {

constexpr std::uint16_t kNoError = 0;
constexpr std::uint16_t kNxdomain = 3;

std::string_view kept_part(std::string_view name) { return name.substr(0, DnsTracker::kMaxName); }

std::uint64_t since(std::uint64_t then_ns, std::uint64_t now_ns) { return now_ns > then_ns ? now_ns - then_ns : 0; }

// Fields one after the other, without the padding of the structures.
class HashInput {
 public:
  template <typename Field>
  HashInput& add(const Field& field) {
    static_assert(std::has_unique_object_representations_v<Field>);
    std::memcpy(bytes_.data() + used_, &field, sizeof field);
    used_ += sizeof field;
    return *this;
  }
  [[nodiscard]] std::size_t hash() const { return keyed_hash({bytes_.data(), used_}); }

 private:
  std::array<char, 64> bytes_{};
  std::size_t used_ = 0;
};

}  // namespace

std::size_t DnsTracker::HashQueryKey::operator()(const QueryKey& key) const {
  return HashInput()
      .add(key.socket)
      .add(key.local.address.bytes)
      .add(key.remote.address.bytes)
      .add(key.name_hash)
      .add(key.local.port)
      .add(key.remote.port)
      .add(key.type)
      .add(key.id)
      .hash();
}

std::size_t DnsTracker::HashQuestionKey::operator()(const QuestionKey& key) const {
  return HashInput().add(key.pid).add(key.socket).add(key.name_hash).add(key.type).hash();
}

DnsTracker::DnsTracker(Options options)
    : options_(options),
      questions_(options.capacity),
      queries_(options.capacity, [this](const QueryKey&, Query& query) { leave(query); }) {}

void DnsTracker::query(const DnsPacket& packet, const DnsMessage& message) {
  if (message.response || message.opcode != 0 || message.question.empty()) {
    ++counters_.ignored;
    return;
  }
  const QueryKey key = query_key(packet, message);
  const QuestionKey asked = question_key(packet, key);

  // Never refused, here and below: nothing in these tables is pinned.
  bool added = false;
  Question& question = *questions_.find_or_insert(asked, &added);
  if (added || question.settled || question.text() != kept_part(message.question))
    open(question, packet, message.question);
  if (is_another_attempt(question, packet, message)) ++question.attempts;
  question.last_ns = packet.time_ns;
  question.last_id = message.id;
  question.last_resolver = packet.tuple.remote;

  const Query* known = queries_.peek(key);
  const bool counted = known != nullptr && known->question_uid == question.uid;
  if (!counted) {
    if (known != nullptr) leave(*known);
    // Before the insertion, which may evict another query of this question and must not end it.
    ++question.outstanding;
  }
  Query& query = *queries_.find_or_insert(key);
  if (!counted) query = {asked, question.uid, packet.time_ns, 0, 0};
  query.last_ns = packet.time_ns;
  ++query.transmissions;
}

std::optional<DnsOutcome> DnsTracker::answer(const DnsPacket& packet, const DnsMessage& message) {
  if (!message.response || message.opcode != 0) {
    ++counters_.ignored;
    return std::nullopt;
  }
  const QueryKey key = query_key(packet, message);
  const Query* found = queries_.peek(key);
  Question* question = found != nullptr ? questions_.peek(found->question) : nullptr;
  if (question == nullptr || question->text() != kept_part(message.question)) {
    ++counters_.unmatched;
    return std::nullopt;
  }
  const Query query = *found;
  const bool current = question->uid == query.question_uid;
  queries_.erase(key);
  if (current) --question->outstanding;

  if (message.truncated) {
    ++counters_.truncated;
    question->truncated = true;
    return std::nullopt;
  }

  DnsOutcome outcome{question->asker, packet.tuple.remote, since(query.first_ns, packet.time_ns), query.transmissions,
                     dns_cause(message)};
  if (current && !question->settled) {
    outcome.duration_ns = std::max(outcome.duration_ns, since(question->first_ns, packet.time_ns));
    outcome.attempts = std::max(outcome.attempts, question->attempts);
    question->settled = message.rcode == kNoError || message.rcode == kNxdomain;
  }
  if (question->settled) {
    counters_.superseded += question->unanswered;
    question->unanswered = 0;
  }
  if (question->outstanding == 0 && question->unanswered == 0) questions_.erase(query.question);
  return outcome;
}

DnsTracker::QueryKey DnsTracker::query_key(const DnsPacket& packet, const DnsMessage& message) {
  return {packet.socket,         packet.tuple.local, packet.tuple.remote, keyed_hash(message.question),
          message.question_type, message.id,         packet.tcp};
}

DnsTracker::QuestionKey DnsTracker::question_key(const DnsPacket& packet, const QueryKey& query) {
  const bool known = packet.process.pid != 0;
  return {packet.process.pid, known ? 0 : packet.socket, query.name_hash, query.type};
}

bool DnsTracker::is_another_attempt(const Question& question, const DnsPacket& packet, const DnsMessage& message) {
  if (question.attempts == 0) return true;
  if (question.truncated && packet.tcp) return false;
  return message.id == question.last_id || packet.tuple.remote != question.last_resolver ||
         since(question.last_ns, packet.time_ns) >= kThreadWindowNs;
}

void DnsTracker::open(Question& question, const DnsPacket& packet, std::string_view name) {
  counters_.superseded += question.outstanding;
  question = Question{};
  question.uid = ++last_uid_;
  question.first_ns = packet.time_ns;
  question.asker = packet.process;
  const std::string_view kept = kept_part(name);
  question.name_length = static_cast<std::uint8_t>(kept.size());
  std::memcpy(question.name.data(), kept.data(), kept.size());
}

// A query leaves, for want of room or to another question: no more is known of it than that.
void DnsTracker::leave(const Query& query) {
  Question* question = questions_.peek(query.question);
  if (question == nullptr || question->uid != query.question_uid) return;
  if (--question->outstanding == 0 && question->unanswered == 0) questions_.erase(query.question);
}

void DnsTracker::drop_overdue_queries(std::uint64_t now_ns) {
  queries_.for_each_oldest_first([&](const QueryKey& key, const Query& query) {
    if (!overdue(query.last_ns, now_ns)) return false;
    Question* question = questions_.peek(query.question);
    if (question != nullptr && question->uid == query.question_uid) {
      --question->outstanding;
      if (question->settled) {
        ++counters_.superseded;
      } else {
        ++question->unanswered;
        question->silent_resolver = key.remote;
      }
    }
    queries_.erase(QueryKey(key));
    return true;
  });
}

const DnsTracker::Unanswered* DnsTracker::take_overdue(std::uint64_t now_ns) {
  bool found = false;
  questions_.for_each_oldest_first([&](const QuestionKey& key, const Question& question) {
    if (found || !overdue(question.last_ns, now_ns)) return false;
    if (question.outstanding > 0) return true;  // times out of order by a hair: the next call has it
    // Settled, or truncated and never asked again: over, and no failure.
    if (question.unanswered > 0) {
      found = true;
      ++counters_.unanswered;
      overdue_.question = question;
      overdue_.type = key.type;
      overdue_.outcome = {question.asker, question.silent_resolver, since(question.first_ns, now_ns), question.attempts,
                          DnsCause::no_answer};
    }
    questions_.erase(QuestionKey(key));
    return true;
  });
  return found ? &overdue_ : nullptr;
}

}  // namespace egresswatch::correlate
