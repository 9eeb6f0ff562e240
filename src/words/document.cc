#include "words/document.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "json/terms.h"
#include "words/analysis.h"

namespace onggi::words {
namespace {

constexpr std::size_t metadata_bytes_max = 2'000;
constexpr std::size_t metadata_terms_max = 256;
constexpr std::string_view member = "m";  // json's terms want a member of an object
// The first of them that there is names the speaker. A role says less than who plays it.
constexpr std::string_view speaker_members[] = {"speaker", "author", "name", "from", "who", "user"};
constexpr std::string_view role_member = "role";

std::uint64_t hash_of(const json::Term& term) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | term[i];
  return hash;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

// A term of a token, which outlives it.
struct Said {
  Said(std::string_view a_term, Count a_count) : term(a_term), count(a_count) {
    for (std::size_t i = 0; i < 8; ++i)
      beginning = beginning << 8 | (i < term.size() ? static_cast<std::uint8_t>(term[i]) : 0u);
  }
  // By the term; mostly its first eight bytes tell.
  bool operator<(const Said& other) const {
    return beginning != other.beginning ? beginning < other.beginning : term < other.term;
  }

  std::uint64_t beginning = 0;
  std::string_view term;
  Count count;
};

bool ends_asking(std::string_view content) {
  const std::size_t last = content.find_last_not_of(" \n\t\"')");
  if (last == content.npos) return false;
  return content[last] == '?' || content.substr(0, last + 1).ends_with("\xEF\xBC\x9F");
}

void strings_of(const json::Value& value, std::string& out) {
  if (out.size() >= metadata_bytes_max) return;
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    out += text.substr(0, metadata_bytes_max);
    out += " . ";
  } else if (value.is_array()) {
    for (const json::Value& element : value.get_array()) strings_of(element, out);
  } else if (value.is_object()) {
    for (const auto& [key, element] : value.get_object()) strings_of(element, out);
  }
}

void append_number(std::uint64_t number, std::string& out) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).front()); }
  std::uint32_t number() {
    std::uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const std::uint8_t next = byte();
      value |= static_cast<std::uint32_t>(next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
    throw std::runtime_error("words of a memory: a number is too long");
  }
  std::string_view take(std::size_t size) {
    if (rest_.size() < size) throw std::runtime_error("words of a memory: cut short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

constexpr std::uint8_t with_count = 0x80;  // else the count is 2: once in the content

}  // namespace

Document describe(std::string_view content, const json::Object& metadata) {
  Document document;
  std::string_view spoken_for;  // the member that names the speaker
  const auto take_speaker = [&](std::string_view name) {
    const json::Value* const value = metadata.if_contains(name);
    if (value == nullptr || !value->is_string() || !document.speaker.empty()) return;
    document.speaker = joined(name_terms(std::string_view{value->get_string()}.substr(0, 60)));
    if (!document.speaker.empty()) spoken_for = name;
  };
  for (const std::string_view name : speaker_members) take_speaker(name);
  const std::size_t prefix = speaker_prefix(content);
  if (prefix > 0 && document.speaker.empty())
    document.speaker = joined(name_terms(content.substr(0, prefix - 1)));
  take_speaker(role_member);
  if (document.speaker.size() > 100) document.speaker.clear();

  document.asks = ends_asking(content);
  const std::vector<Token> tokens = analyse(content);
  std::string text;
  for (const auto& [key, value] : metadata)
    if (key != spoken_for && key != role_member) strings_of(value, text);
  if (prefix == 0 && !document.speaker.empty()) text += document.speaker;
  const std::vector<Token> described = analyse(text);
  std::vector<Said> said;
  said.reserve(tokens.size() + described.size());
  for (const Token& token : tokens) {
    const bool is_name = token.begin < prefix;
    if (!token.is_stop && !token.is_extra && !is_name) ++document.length;
    said.emplace_back(token.term, is_name ? 1 : 2);
  }
  for (const Token& token : described) said.emplace_back(token.term, 1);
  std::sort(said.begin(), said.end());
  document.terms.reserve(said.size());
  for (const Said& each : said) {
    if (!document.terms.empty() && document.terms.back().first == each.term)
      document.terms.back().second += each.count;
    else
      document.terms.emplace_back(each.term, each.count);
  }

  json::Object wrapped;
  wrapped.emplace(member, metadata);
  for (const json::Term& term :
       json::document_terms(wrapped, std::array{member}, {}, metadata_terms_max))
    document.metadata.push_back(hash_of(term));
  std::ranges::sort(document.metadata);
  return document;
}

Wanted wanted_of(const json::Object& filter) {
  json::Object wrapped;
  wrapped.emplace(member, filter);
  const json::FilterTerms terms = json::filter_terms(wrapped, {});
  Wanted wanted{.decide = terms.decide};
  for (const json::Term& term : terms.terms) wanted.hashes.push_back(hash_of(term));
  return wanted;
}

std::uint64_t unlisted_hash() {
  return hash_of(json::unlisted_term({}));
}

std::string encode(const Document& document) {
  std::string out;
  append_number(std::uint64_t{document.length} << 1 | (document.asks ? 1 : 0), out);
  append_number(document.speaker.size(), out);
  out += document.speaker;
  for (const std::uint64_t hash : document.metadata) {
    out.push_back('\0');
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(hash >> shift));
  }
  for (const auto& [term, count] : document.terms) {
    out.push_back(static_cast<char>(term.size() | (count == 2 ? 0 : with_count)));
    out += term;
    if (count != 2) append_number(count, out);
  }
  return out;
}

Decoded decode(std::string_view bytes, const std::function<void(std::string_view, Count)>& term,
               const std::function<void(std::uint64_t)>& hash) {
  Reader reader{bytes};
  Decoded decoded;
  const std::uint32_t head_number = reader.number();
  decoded.length = head_number >> 1;
  decoded.asks = (head_number & 1) != 0;
  decoded.speaker = reader.take(reader.number());
  while (!reader.at_end()) {
    const std::uint8_t head = reader.byte();
    if (head == 0) {
      std::uint64_t value = 0;
      for (const char byte : reader.take(8)) value = value << 8 | static_cast<std::uint8_t>(byte);
      hash(value);
      continue;
    }
    const std::string_view text = reader.take(head & 0x7Fu);
    term(text, (head & with_count) != 0 ? reader.number() : 2);
  }
  return decoded;
}

Document decode(std::string_view bytes) {
  Document document;
  const Decoded decoded = decode(
      bytes,
      [&document](std::string_view term, Count count) { document.terms.emplace_back(term, count); },
      [&document](std::uint64_t hash) { document.metadata.push_back(hash); });
  document.length = decoded.length;
  document.asks = decoded.asks;
  document.speaker = decoded.speaker;
  return document;
}

}  // namespace onggi::words
