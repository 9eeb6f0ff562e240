#include "memory/embeddings.h"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "base/utf8.h"
#include "http/fetch.h"
#include "json/json.h"
#include "model/memory.h"

namespace onggi::memory {
namespace {

constexpr std::size_t answer_max_bytes = std::size_t{64} << 20;

std::vector<float> floats_of(const json::Value& value) {
  std::vector<float> vector;
  for (const json::Value& each : value.as_array()) {
    const auto number = static_cast<float>(each.to_number<double>());
    if (!std::isfinite(number)) throw std::runtime_error("embedding: a number out of range");
    vector.push_back(number);
  }
  if (vector.empty() || vector.size() > static_cast<std::size_t>(model::embedding_max))
    throw std::runtime_error(fmt::format("embedding: {} numbers", vector.size()));
  return vector;
}

}  // namespace

std::vector<std::vector<float>> Embeddings::of(const std::vector<std::string>& texts,
                                               std::chrono::milliseconds patience) const {
  json::Array input;
  for (const std::string& text : texts) input.emplace_back(start_of(text, embedded_text_bytes));
  json::Object asked{{"input", std::move(input)}, {"encoding_format", "float"}};
  if (!place_.model.empty()) asked.emplace("model", place_.model);
  http::FetchHeaders headers{{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!place_.key.empty()) headers.emplace_back("Authorization", "Bearer " + place_.key);
  const http::Fetched fetched =
      http::fetch(place_.url, json::canonical(asked), headers, patience, answer_max_bytes);
  if (fetched.status != 200)
    throw std::runtime_error(fmt::format("embeddings: status {}", fetched.status));
  Result<json::Value> answer = json::parse(fetched.body);
  if (!answer) throw std::runtime_error("embeddings: the answer is no JSON");
  std::vector<std::vector<float>> vectors(texts.size());
  const json::Object* const object = answer->if_object();
  const json::Value* const data = object != nullptr ? object->if_contains("data") : nullptr;
  if (data == nullptr || !data->is_array())
    throw std::runtime_error("embeddings: the answer has no data");
  std::size_t place = 0;
  for (const json::Value& each : data->get_array()) {
    const json::Value* const index = each.as_object().if_contains("index");
    const std::size_t at = index != nullptr && index->is_int64()
                               ? static_cast<std::size_t>(index->get_int64())
                               : place;
    ++place;
    if (at < vectors.size()) vectors[at] = floats_of(each.at("embedding"));
  }
  for (const std::vector<float>& vector : vectors)
    if (vector.empty()) throw std::runtime_error("embeddings: not one for each text");
  return vectors;
}

}  // namespace onggi::memory
