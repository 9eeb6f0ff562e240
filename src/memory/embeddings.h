// A service that gives embeddings of texts: any that speaks OpenAI's POST /v1/embeddings.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace onggi::memory {

class Embeddings {
 public:
  struct Place {
    std::string url;    // whole: https://.../v1/embeddings
    std::string key;    // sent as a bearer token; empty: none
    std::string model;  // empty: the service's own choice
  };

  explicit Embeddings(Place place) : place_(std::move(place)) {}

  // One for each text, in order. Throws std::runtime_error where the service does not answer, or
  // not so. May wait for as long as `patience`. Thread-safe.
  std::vector<std::vector<float>> of(const std::vector<std::string>& texts,
                                     std::chrono::milliseconds patience) const;

 private:
  const Place place_;
};

// Longer texts are cut, at a character: services bound what they take.
inline constexpr std::size_t embedded_text_bytes = 16'384;

}  // namespace onggi::memory
