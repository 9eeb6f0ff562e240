// How well the turn that answers a question is found: `make bench-retrieval`.
//
// Reads conversations (english.txt and its like: sessions of turns, questions with the turns that
// answer them), makes each turn a memory of one agent, strews small talk between the sessions, and
// asks every question: of plain BM25, of BM25 with context, of the whole formula
// (src/words/rank.h). Prints recall@1, @5 and @10 (of the answering turns of a question, those
// among the first k) and MRR (one over the place of the first of them). Everything is fixed: two
// runs print the same.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/retrieval/speed.h"
#include "words/document.h"
#include "words/index.h"
#include "words/query.h"

namespace onggi::words {
namespace {

struct Question {
  std::string text;
  std::vector<std::string> tags;
};

struct Turn {
  std::string text;
  std::string tag;
  std::string session;
  Time at;
};

struct Conversation {
  std::vector<Turn> turns;
  std::vector<Question> questions;
  Time end;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with("# ")) lines.push_back(line);
  return lines;
}

Conversation read(const std::string& path) {
  Conversation conversation;
  Time at;
  std::string session;
  for (std::string line : lines_of(path)) {
    if (line.starts_with("= ")) {
      at = parse_time(line.substr(2, 10) + "T" + line.substr(13, 5) + ":00Z").value();
      session = line.substr(2, 10);
    } else if (line.starts_with("? ")) {
      const std::size_t bar = line.find(" | ");
      Question question{.text = line.substr(bar + 3), .tags = {}};
      std::string tag;
      for (const char c : line.substr(2, bar - 2) + ",") {
        if (c == ',')
          question.tags.push_back(std::exchange(tag, {}));
        else
          tag += c;
      }
      conversation.questions.push_back(std::move(question));
    } else {
      Turn turn{.text = line, .tag = {}, .session = session, .at = at};
      if (line.starts_with('#')) {
        const std::size_t space = line.find(' ');
        turn.tag = line.substr(1, space - 1);
        turn.text = line.substr(space + 1);
      }
      conversation.turns.push_back(std::move(turn));
    }
  }
  conversation.end = Time{conversation.turns.back().at.ms + 30 * day_ms};
  return conversation;
}

// A session of small talk, of `names`, at `at`.
void strew(Conversation& conversation, const std::string& folder, std::size_t& at_subject,
           const std::string& session, Time at, const std::vector<std::string>& names) {
  static const std::vector<std::string> talk = lines_of(folder + "/small_talk.txt");
  static const std::vector<std::string> subjects = lines_of(folder + "/subjects.txt");
  for (std::size_t i = 0; i < talk.size(); ++i) {
    const std::size_t bar = talk[i].find(" | ");
    std::string asked = talk[i].substr(0, bar);
    if (const std::size_t star = asked.find('*'); star != asked.npos)
      asked.replace(star, 1, subjects[at_subject++ * 7 % subjects.size()]);
    const std::string& one = names[(i + at_subject) % 2];
    const std::string& other = names[(i + at_subject + 1) % 2];
    conversation.turns.push_back({one + ": " + asked, {}, session, at});
    conversation.turns.push_back({other + ": " + talk[i].substr(bar + 3), {}, session, at});
  }
}

Conversation with_small_talk(const Conversation& plain, const std::string& folder) {
  Conversation conversation{.turns = {}, .questions = plain.questions, .end = plain.end};
  std::vector<std::string> names;
  for (const Turn& turn : plain.turns) {
    const std::string name = turn.text.substr(0, turn.text.find(':'));
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::size_t subject = 0;
  for (std::size_t i = 0; i < plain.turns.size(); ++i) {
    const bool begins = i == 0 || plain.turns[i].session != plain.turns[i - 1].session;
    for (int day = 1; begins && i > 0 && day <= 2; ++day)
      strew(conversation, folder, subject,
            fmt::format("{} small talk {}", plain.turns[i].session, day),
            Time{plain.turns[i].at.ms - day * day_ms}, names);
    conversation.turns.push_back(plain.turns[i]);
  }
  return conversation;
}

struct Score {
  double at1 = 0;
  double at5 = 0;
  double at10 = 0;
  double mrr = 0;
};

Score measure(const Conversation& conversation, const Weights& weights, bool with_sessions,
              bool tell) {
  Index index;
  std::map<Uuid, std::string> tags;
  std::int64_t arrival = 0;
  for (const Turn& turn : conversation.turns) {
    Memory memory;
    memory.id.bytes[15] = static_cast<std::uint8_t>(++arrival);
    memory.id.bytes[14] = static_cast<std::uint8_t>(arrival >> 8);
    memory.created_at = turn.at;
    memory.arrival = arrival;
    if (with_sessions) memory.session = turn.session;
    const std::string words = encode(describe(turn.text, {}));
    memory.words = words;
    index.put(memory);
    if (!turn.tag.empty()) tags[memory.id] = turn.tag;
  }
  Score score;
  for (const Question& question : conversation.questions) {
    const Query query = ask(question.text, conversation.end);
    const Ranking ranking =
        index.rank(query, {}, all_alive(), conversation.end, {.most = 50}, weights);
    std::size_t first = 0;
    std::size_t found[3] = {};
    for (std::size_t i = 0; i < ranking.hits.size(); ++i) {
      const auto tag = tags.find(ranking.hits[i].id);
      if (tag == tags.end() || std::ranges::find(question.tags, tag->second) == question.tags.end())
        continue;
      if (first == 0) first = i + 1;
      if (i < 1) ++found[0];
      if (i < 5) ++found[1];
      if (i < 10) ++found[2];
    }
    const auto wanted = static_cast<double>(question.tags.size());
    score.at1 += static_cast<double>(found[0]) / wanted;
    score.at5 += static_cast<double>(found[1]) / wanted;
    score.at10 += static_cast<double>(found[2]) / wanted;
    if (first > 0) score.mrr += 1.0 / static_cast<double>(first);
    if (tell && found[2] < question.tags.size())
      fmt::print("  not among ten (place {}): {}\n", first, question.text);
  }
  const auto count = static_cast<double>(conversation.questions.size());
  return {score.at1 / count, score.at5 / count, score.at10 / count, score.mrr / count};
}

void print(const char* name, const Score& score) {
  fmt::print("  {:<22}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.3f}\n", name, score.at1 * 100, score.at5 * 100,
             score.at10 * 100, score.mrr);
}

}  // namespace
}  // namespace onggi::words

int main(int count, char** arguments) {
  using namespace onggi::words;
  const std::string folder = count > 1 ? arguments[1] : "bench/retrieval";
  const bool tell = count > 2 && std::string_view(arguments[2]) == "--tell";
  for (const char* const name : {"english", "korean"}) {
    const Conversation conversation = with_small_talk(read(folder + "/" + name + ".txt"), folder);
    fmt::print("{}: {} questions about {} turns\n", name, conversation.questions.size(),
               conversation.turns.size());
    fmt::print("  {:<22}{:>9}{:>9}{:>9}{:>9}\n", "", "recall@1", "@5", "@10", "MRR");
    print("plain BM25", measure(conversation, plain_bm25(), true, false));
    print("with context", measure(conversation, with_context(), true, false));
    print("whole formula", measure(conversation, whole_formula, true, tell));
    print("  without sessions", measure(conversation, whole_formula, false, false));
  }
  if (count > 2 && std::string_view(arguments[2]) == "--speed") measure_speed();
  return 0;
}
