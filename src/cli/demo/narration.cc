#include "cli/demo/narration.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace onggi::cli::demo {
namespace {

constexpr std::array<std::string_view, 6> products{"Onbi Hub",   "Maru Mesh", "Saeran Desk",
                                                   "Halla Sync", "Dodam Cam", "Bada Cloud"};
constexpr std::array<std::string_view, 8> people{"Yuna Choi",     "Daniel Weber", "Aisha Karim",
                                                 "김민준",        "Rosa Delgado", "이서연",
                                                 "Pasang Sherpa", "Tom Whitfield"};
constexpr std::array<std::string_view, 8> cities{"Seoul",  "Busan",   "Berlin",    "Hamburg",
                                                 "Boston", "Chicago", "Kathmandu", "Pokhara"};
constexpr std::array<std::string_view, 4> channels{"web", "slack", "api", "e-mail"};
constexpr std::array<std::string_view, 6> failures{
    "The model's provider answered 429: rate limit reached, try again in 20 s",
    "The tool's answer is not what its output_schema says: /items is missing",
    "Context length exceeded: 131,402 tokens, at most 131,072",
    "외부 API의 응답 시간이 초과되었습니다",
    "The model asked for a tool that this agent does not have: delete_customer",
    "Connection to the warehouse refused"};

// Dollars for a million tokens in and out; models of one's own cost nothing.
struct Price {
  std::string_view model;
  double in;
  double out;
};
constexpr std::array<Price, 5> prices{{{"gpt-4o", 2.5, 10},
                                       {"gpt-4o-mini", 0.15, 0.6},
                                       {"claude-3-5-sonnet", 3, 15},
                                       {"gemini-1.5-pro", 1.25, 5},
                                       {"solar-pro", 0.25, 0.25}}};

std::string_view view_of(const json::Value& value) {
  return {value.as_string().data(), value.as_string().size()};
}

// The words of one execution: the same wherever its scene names them.
class Words {
 public:
  explicit Words(Random& random)
      : words_{{"{order}", fmt::format("{}-{}", random.chance(0.5) ? "KR" : "EU",
                                       random.between(100'000, 999'999))},
               {"{product}", std::string(random.pick(products))},
               {"{person}", std::string(random.pick(people))},
               {"{city}", std::string(random.pick(cities))},
               {"{n}", fmt::to_string(random.between(2, 9))},
               {"{amount}",
                fmt::format("${}.{:02}", random.between(12, 980), random.between(0, 99))}} {}

  std::string fill(std::string_view text) const {
    std::string out(text);
    for (const auto& [name, word] : words_) {
      for (std::size_t at = out.find(name); at != std::string::npos;
           at = out.find(name, at + word.size()))
        out.replace(at, name.size(), word);
    }
    return out;
  }

  // Every text of a document.
  json::Value fill(const json::Value& value) const {
    if (value.is_string()) return json::Value(fill(view_of(value)));
    if (value.is_array()) {
      json::Array array;
      for (const json::Value& entry : value.get_array()) array.push_back(fill(entry));
      return array;
    }
    if (!value.is_object()) return value;
    json::Object object;
    for (const auto& [name, member] : value.get_object()) object[name] = fill(member);
    return object;
  }

 private:
  std::vector<std::pair<std::string_view, std::string>> words_;
};

struct Step {
  std::string_view type;
  std::string content;
  json::Object metadata;
};

// Spread over the time that the execution took.
json::Array to_json(const std::vector<Step>& steps, const Course& course) {
  json::Array array;
  const auto count = static_cast<std::int64_t>(steps.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const Step& step = steps[static_cast<std::size_t>(i)];
    const Time time{course.started_at.ms + course.duration_ms * (i + 1) / (count + 1)};
    array.push_back({{"step_number", i + 1},
                     {"step_type", step.type},
                     {"content", step.content},
                     {"step_metadata", step.metadata},
                     {"timestamp", to_string(time)}});
  }
  return array;
}

bool is_running(const Course& course) {
  return course.status == "running";
}
bool is_completed(const Course& course) {
  return course.status == "completed";
}

// Ends the steps as the execution ended, and says why it failed.
void end(const Course& course, std::string_view answer, Random& random, std::vector<Step>& steps,
         json::Object& body) {
  const std::string failure(random.pick(failures));
  if (is_completed(course)) steps.push_back({"response", std::string(answer), {}});
  if (is_completed(course) || is_running(course)) return;
  const std::string message = course.status == "failed"    ? failure
                              : course.status == "timeout" ? "No answer within 120 s"
                                                           : "Cancelled by the user";
  steps.push_back({"error", message, {}});
  body["error_message"] = message;
}

json::Object begin(std::string_view subject_member, const Subject& subject, const Course& course,
                   Random& random) {
  json::Object body{{subject_member, to_string(subject.id)},
                    {"status", course.status},
                    {"started_at", to_string(course.started_at)},
                    {"execution_context", {{"trace_id", fmt::format("{:016x}", random.next())}}}};
  if (course.session) body["session_id"] = *course.session;
  if (!is_running(course)) {
    body["duration_ms"] = course.duration_ms;
    body["completed_at"] = to_string(Time{course.started_at.ms + course.duration_ms});
  }
  return body;
}

json::Object metrics_of(std::string_view model, std::int64_t tool_calls, const Course& course,
                        Random& random) {
  const std::int64_t llm_calls = tool_calls + 1;
  const std::int64_t prompt = random.around(900) * llm_calls;
  const std::int64_t completion = random.around(180) * llm_calls;
  double micro_dollars = 0;
  for (const Price& price : prices) {
    if (price.model != model) continue;
    micro_dollars =
        static_cast<double>(prompt) * price.in + static_cast<double>(completion) * price.out;
  }
  const bool is_cached = random.chance(0.3);
  return {{"llm_call_count", llm_calls},
          {"llm_prompt_tokens", prompt},
          {"llm_completion_tokens", completion},
          {"tool_call_count", tool_calls},
          {"tool_total_duration_ms", course.duration_ms * tool_calls / (2 * llm_calls)},
          {"cache_hit_count", is_cached ? 1 : 0},
          {"cache_miss_count", is_cached ? 0 : 1},
          {"cost_usd", std::round(micro_dollars) / 1e6}};
}

}  // namespace

json::Object tell_agent(const Subject& agent, const Course& course, Random& random) {
  const json::Object& scene = random.pick(agent.scenes).as_object();
  const Words words(random);
  const auto line = [&](std::string_view name) { return words.fill(view_of(scene.at(name))); };
  json::Object body = begin("agent_id", agent, course, random);
  body["input_data"] = {{"message", line("in")}, {"channel", random.pick(channels)}};

  const std::int64_t rounds = is_running(course) ? 1 : random.between(1, 10) > 7 ? 2 : 1;
  const std::string tool(view_of(scene.at("tool")));
  std::vector<Step> steps{{"thought", line("thought"), {}}};
  for (std::int64_t round = 1; round <= rounds; ++round) {
    steps.push_back(
        {"action", fmt::format("Call {}", tool), {{"tool_id", tool}, {"attempt", round}}});
    if (round == rounds && !is_running(course))
      steps.push_back({"observation", line("seen"), {{"tool_id", tool}}});
  }
  const std::string answer = line("out");
  end(course, answer, random, steps, body);
  if (is_completed(course)) body["output_data"] = {{"answer", answer}, {"finish_reason", "stop"}};
  body["steps"] = to_json(steps, course);
  body["metrics"] = metrics_of(agent.model, rounds, course, random);
  return body;
}

json::Object tell_workflow(const Subject& workflow, const Course& course, Random& random) {
  const json::Object& scene = random.pick(workflow.scenes).as_object();
  const Words words(random);
  json::Object body = begin("workflow_id", workflow, course, random);
  body["input_data"] = words.fill(scene.at("in"));

  const json::Array& labels = scene.at("steps").as_array();
  const auto reached =
      is_completed(course)
          ? labels.size()
          : static_cast<std::size_t>(random.between(1, static_cast<std::int64_t>(labels.size())));
  std::vector<Step> steps;
  for (std::size_t i = 0; i < reached && i < 5; ++i)
    steps.push_back(
        {"action", std::string(view_of(labels[i])), {{"position", static_cast<std::int64_t>(i)}}});
  end(course, "Done", random, steps, body);
  if (is_completed(course)) body["output_data"] = words.fill(scene.at("out"));
  body["steps"] = to_json(steps, course);
  body["metrics"] =
      metrics_of("gpt-4o-mini", static_cast<std::int64_t>(steps.size()), course, random);
  return body;
}

}  // namespace onggi::cli::demo
