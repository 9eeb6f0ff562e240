#include "cli/demo/bench_traffic.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "cli/demo/history.h"

namespace onggi::cli::demo {
namespace {

constexpr std::uint64_t seed = 84'200;
constexpr std::int64_t batch_size = 1'000;  // executions that arrive together
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t duration_min_ms = 20;

constexpr std::size_t agents_of_heavy_user = 150;
constexpr std::size_t agents_of_other_users = 20;

constexpr std::array<std::string_view, 5> questions{
    "Where is my order? It should have been here on Monday.",
    "Which of last week's invoices are still open?", "지난주에 접수된 문의를 요약해 주세요.",
    "Compare the two offers and say what is missing.", "Who has to approve this, and until when?"};
constexpr std::array<std::string_view, 4> answers{
    "It left the warehouse yesterday and is due tomorrow before noon.",
    "Three are open; the oldest is from the second of the month.",
    "접수된 문의는 모두 처리되었습니다.", "The second offer does not say who pays for returns."};

json::Object metrics(Random& random, std::int64_t duration_ms) {
  const std::int64_t tool_calls = random.between(0, 3);
  const std::int64_t prompt = random.around(900) * (tool_calls + 1);
  const std::int64_t completion = random.around(180) * (tool_calls + 1);
  const bool is_cached = random.chance(0.3);
  return {{"llm_call_count", tool_calls + 1},
          {"llm_prompt_tokens", prompt},
          {"llm_completion_tokens", completion},
          {"tool_call_count", tool_calls},
          {"tool_total_duration_ms", duration_ms * tool_calls / (2 * (tool_calls + 1))},
          {"cache_hit_count", is_cached ? 1 : 0},
          {"cache_miss_count", is_cached ? 0 : 1},
          {"cost_usd", static_cast<double>(prompt * 25 + completion * 100) / 1e7}};
}

json::Object execution(const Runner& runner, Time started_at, std::int64_t duration_ms,
                       Random& random) {
  const std::string_view status = draw_end(random);
  json::Object body{{"agent_id", runner.agents[random.weighted(runner.shares)]},
                    {"status", status},
                    {"started_at", to_string(started_at)},
                    {"completed_at", to_string(Time{started_at.ms + duration_ms})},
                    {"duration_ms", duration_ms},
                    {"input_data", {{"message", random.pick(questions)}, {"channel", "web"}}},
                    {"metrics", metrics(random, duration_ms)}};
  if (random.chance(0.5)) body["session_id"] = fmt::format("chat-{:06x}", random.next() >> 44);
  if (status == "completed")
    body["output_data"] = {{"answer", random.pick(answers)}};
  else
    body["error_message"] = "The model's provider answered 429: rate limit reached";
  return body;
}

}  // namespace

std::vector<Runner> runners(const std::vector<Uuid>& users,
                            const std::vector<std::string>& agents) {
  std::vector<Runner> all;
  for (std::size_t user = 0; user < users.size(); ++user) {
    Runner runner{users[user], {}, {}};
    const std::size_t count = user == 0 ? agents_of_heavy_user : agents_of_other_users;
    for (std::size_t i = 0; i < count; ++i) {
      runner.agents.push_back(agents[(user * 173 + i * 127) % agents.size()]);
      runner.shares.push_back((i == 0 ? 0 : runner.shares.back()) +
                              1.0 / static_cast<double>(i + 1));
    }
    all.push_back(std::move(runner));
  }
  return all;
}

Traffic::Traffic(const store::Executions& store, std::vector<Runner> runners, Time now,
                 std::int64_t count)
    : store_(store),
      runners_(std::move(runners)),
      now_(now),
      count_(count),
      rhythm_(now, traffic_days, 0) {}

std::vector<ExecutionDrafts> Traffic::draw(std::int64_t begin, std::int64_t end) const {
  std::vector<ExecutionDrafts> batches;
  for (; begin < end; begin += batch_size)
    batches.push_back(draw_batch(begin, std::min(end, begin + batch_size)));
  return batches;
}

ExecutionDrafts Traffic::draw_batch(std::int64_t begin, std::int64_t end) const {
  Random random(seed + static_cast<std::uint64_t>(begin));
  std::map<Uuid, std::vector<store::ExecutionDraft>> by_owner;
  for (std::int64_t number = begin; number < end; ++number) {
    const Runner& runner = draw_runner(number, random);
    by_owner[runner.id].push_back(draw_one(runner, number, random));
  }
  ExecutionDrafts drafts;
  for (auto& [owner, of_owner] : by_owner)
    drafts[owner] = std::make_shared<const std::vector<store::ExecutionDraft>>(std::move(of_owner));
  return drafts;
}

store::ExecutionDraft Traffic::draw_one(const Runner& runner, std::int64_t number,
                                        Random& random) const {
  const double share = (static_cast<double>(number) + 0.5) / static_cast<double>(count_);
  const Time started_at = rhythm_.at(share);
  const std::int64_t longest_ms =
      std::clamp(now_.ms - started_at.ms, duration_min_ms, 15 * minute_ms);
  const std::int64_t duration_ms = std::clamp(random.around(4'000), duration_min_ms, longest_ms);
  const json::Object body = execution(runner, started_at, duration_ms, random);
  auto draft = store_.draft(body, runner.id, Time{started_at.ms + duration_ms});
  if (!draft) throw std::runtime_error("the bench's execution: " + draft.error().detail);
  return std::move(*draft);
}

// Three in ten are the first one's, exactly.
const Runner& Traffic::draw_runner(std::int64_t number, Random& random) const {
  const auto last = static_cast<std::int64_t>(runners_.size()) - 1;
  const auto other = static_cast<std::size_t>(random.between(1, last));
  return runners_[number * 7 % 10 < 3 ? 0 : other];
}

}  // namespace onggi::cli::demo
