// The values bound to a statement's $1, $2, ...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"

namespace onggi::db {

// Texts and blobs are views: what they point at must live until the statement has run.
struct Param {
  enum class Kind : std::uint8_t { null, integer, text, blob, texts };
  Kind kind = Kind::null;
  union {
    std::int64_t integer = 0;
    const std::vector<std::string>* texts;
  };
  std::string_view bytes;
};

// Built in order: `Params{}.add(id).add(now)`. The n-th added is $n. A statement that takes fewer
// passes over the rest, so that the statements of one family can share a list.
class Params {
 public:
  Params() = default;

  template <class... Values>
  static Params of(const Values&... values) {
    Params params;
    params.values_.reserve(sizeof...(values));
    (params.add(values), ...);
    return params;
  }

  Params& add(std::nullopt_t) { return push({}); }
  Params& add(std::int64_t value) { return push({Param::Kind::integer, {value}, {}}); }
  Params& add(int value) { return add(std::int64_t{value}); }
  Params& add(bool value) { return add(std::int64_t{value}); }
  Params& add(Time value) { return add(value.ms); }
  Params& add(std::string_view text) { return push({Param::Kind::text, {}, text}); }
  Params& add(const std::string& text) { return add(std::string_view{text}); }
  Params& add(const char* text) { return add(std::string_view{text}); }
  Params& add(const Uuid& id) { return add_blob(id.view()); }
  Params& add_blob(std::string_view bytes) { return push({Param::Kind::blob, {}, bytes}); }
  // An array of them; of PostgreSQL's statements alone.
  Params& add_texts(const std::vector<std::string>& texts) {
    return push({.kind = Param::Kind::texts, .texts = &texts, .bytes = {}});
  }
  template <class T>
  Params& add(const std::optional<T>& value) {
    return value ? add(*value) : add(std::nullopt);
  }

  // Adds all of another's, after its own.
  Params& append(const Params& other) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    return *this;
  }

  const std::vector<Param>& values() const { return values_; }

 private:
  Params& push(Param param) {
    values_.push_back(param);
    return *this;
  }
  std::vector<Param> values_;
};

}  // namespace onggi::db
