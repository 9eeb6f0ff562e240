#include "model/decode.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace onggi::model {
namespace {

// Documents may grow in canonical form; beyond this a field is refused.
constexpr std::size_t document_max_bytes = 32u << 20;

class Decoder {
 public:
  Decoder(Source source, std::string& pointer, FieldErrors& errors)
      : source_(source), pointer_(pointer), errors_(errors) {}

  void record(const Shape& shape, const json::Value& value, Record& record, bool is_entry) {
    const json::Object* object = value.if_object();
    if (object == nullptr) return complain("must be an object");
    refuse_unknown(shape, *object, is_entry);
    for (const Field& field : shape.fields)
      if (field.type != Type::embedded) member(field, *object, record);
  }

 private:
  // Lengthens the pointer for as long as one member is looked at.
  class Step {
   public:
    template <class Token>
    Step(Decoder& decoder, Token token) : pointer_(decoder.pointer_), size_(pointer_.size()) {
      json::append_pointer(pointer_, token);
    }
    ~Step() { pointer_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& pointer_;
    std::size_t size_;
  };

  void complain(std::string message) {
    if (errors_.size() < max_field_errors) errors_.push_back({pointer_, std::move(message)});
  }

  void refuse_unknown(const Shape& shape, const json::Object& object, bool is_entry) {
    for (const auto& [key, value] : object) {
      const Field* field = shape.find(key);
      const bool passed_over =
          field != nullptr && (!field->is_read_only || source_ != Source::creation ||
                               (is_entry && field->type == Type::embedded));
      if (passed_over) continue;
      const Step step(*this, std::string_view(key));
      complain(field == nullptr ? fmt::format("is not a field of {}", shape.name)
                                : std::string("is read-only"));
    }
  }

  void member(const Field& field, const json::Object& object, Record& record) {
    if (field.is_read_only && source_ != Source::stored) return;
    const json::Value* value = object.if_contains(field.name);
    const bool absent = value == nullptr || value->is_null();
    if (absent && !field.is_required) return;
    const Step step(*this, field.name);
    if (absent) return complain("is required");
    void* const at = field.member(record);
    switch (field.type) {
      case Type::text:
        return text(field, *value, at);
      case Type::integer:
        return integer(field, *value, at);
      case Type::boolean:
        return boolean(field, *value, at);
      case Type::uuid:
        return uuid(field, *value, at);
      case Type::time:
        return time(field, *value, at);
      case Type::money:
        return money(field, *value, at);
      case Type::choice:
        return choice(field, *value, at);
      case Type::object:
      case Type::any:
        return document(field, *value, at);
      case Type::numbers:
        return numbers(field, *value, at);
      case Type::record:
        return this->record(*field.shape, *value, *static_cast<Record*>(at), true);
      case Type::list:
        return list(field, *value, at);
      case Type::embedded:
        return;
    }
  }

  template <class T>
  void store(const Field& field, void* at, T value) {
    if (field.nullable)
      *static_cast<std::optional<T>*>(at) = std::move(value);
    else
      *static_cast<T*>(at) = std::move(value);
  }

  void text(const Field& field, const json::Value& value, void* at) {
    if (!value.is_string()) return complain("must be a string");
    const std::string_view given = value.get_string();
    std::int64_t characters = 0;
    for (const char byte : given) characters += (byte & 0xC0) != 0x80;
    if (source_ != Source::stored) {
      if (characters < field.min)
        return complain(
            fmt::format("must have at least {} character{}", field.min, field.min == 1 ? "" : "s"));
      if (characters > field.max)
        return complain(fmt::format("must have at most {} characters", field.max));
      std::string why;
      if (field.check != nullptr && !field.check(given, why)) return complain(std::move(why));
    }
    store(field, at, std::string(given));
  }

  void integer(const Field& field, const json::Value& value, void* at) {
    std::int64_t given = 0;
    if (value.is_int64())
      given = value.get_int64();
    else if (value.is_double() && std::nearbyint(value.get_double()) == value.get_double() &&
             std::fabs(value.get_double()) < 9e15)
      given = static_cast<std::int64_t>(value.get_double());
    else
      return complain("must be an integer");
    if (given < field.min || given > field.max)
      return complain(fmt::format("must lie between {} and {}", field.min, field.max));
    store(field, at, given);
  }

  void boolean(const Field& field, const json::Value& value, void* at) {
    if (!value.is_bool()) return complain("must be true or false");
    store(field, at, value.get_bool());
  }

  void uuid(const Field& field, const json::Value& value, void* at) {
    const auto given = value.is_string() ? Uuid::parse(value.get_string()) : std::nullopt;
    if (!given) return complain("must be a UUID");
    store(field, at, *given);
  }

  void time(const Field& field, const json::Value& value, void* at) {
    const auto given = value.is_string() ? parse_time(value.get_string()) : std::nullopt;
    if (!given)
      return complain("must be an RFC 3339 time with an offset, such as 2026-11-22T02:00:00.000Z");
    store(field, at, *given);
  }

  void money(const Field& field, const json::Value& value, void* at) {
    if (!value.is_number()) return complain("must be a number of US dollars");
    const double dollars = value.to_number<double>();
    if (!(dollars >= static_cast<double>(field.min) && dollars <= static_cast<double>(field.max)))
      return complain(fmt::format("must lie between {} and {}", field.min, field.max));
    store(field, at, Money{std::llround(dollars * static_cast<double>(nanos_per_dollar))});
  }

  void choice(const Field& field, const json::Value& value, void* at) {
    if (value.is_string()) {
      const std::string_view given = value.get_string();
      for (std::size_t i = 0; i < field.names.size(); ++i)
        if (field.names[i] == given) return store(field, at, static_cast<std::uint8_t>(i));
    }
    complain(fmt::format("must be one of {}", fmt::join(field.names, ", ")));
  }

  void document(const Field& field, const json::Value& value, void* at) {
    if (field.type == Type::object && !value.is_object()) return complain("must be an object");
    if (json::canonical_size(value, document_max_bytes) >= document_max_bytes)
      return complain("is too large in canonical form");
    store(field, at, Document{json::canonical(value)});
  }

  void numbers(const Field& field, const json::Value& value, void* at) {
    const json::Array* array = value.if_array();
    if (array == nullptr) return complain("must be an array of numbers");
    const auto count = static_cast<std::int64_t>(array->size());
    if (count < field.min || count > field.max)
      return complain(fmt::format("must have {} to {} numbers", field.min, field.max));
    std::vector<float> given;
    given.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      const json::Value& one = (*array)[i];
      const float number = one.is_number() ? static_cast<float>(one.to_number<double>())
                                           : std::numeric_limits<float>::infinity();
      if (!std::isfinite(number)) {
        const Step step(*this, i);
        return complain("must be a number of 32 bits");
      }
      given.push_back(number);
    }
    store(field, at, std::move(given));
  }

  void list(const Field& field, const json::Value& value, void* at) {
    const json::Array* array = value.if_array();
    if (array == nullptr) return complain("must be an array");
    if (static_cast<std::int64_t>(array->size()) > field.max)
      return complain(fmt::format("must have at most {} entries", field.max));
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Step step(*this, i);
      record(*field.shape, (*array)[i], field.list.append(at), true);
    }
  }

  Source source_;
  std::string& pointer_;
  FieldErrors& errors_;
};

}  // namespace

void decode(const Shape& shape, const json::Value& value, Record& record, Source source,
            std::string& pointer, FieldErrors& errors) {
  Decoder(source, pointer, errors).record(shape, value, record, false);
}

Result<void> decode(const Shape& shape, const json::Value& value, Record& record, Source source,
                    std::string pointer) {
  FieldErrors errors;
  decode(shape, value, record, source, pointer, errors);
  if (!errors.empty()) return std::unexpected(invalid(std::move(errors)));
  return {};
}

void decode_stored(const Shape& shape, const json::Value& value, Record& record) {
  std::string pointer;
  FieldErrors errors;
  decode(shape, value, record, Source::stored, pointer, errors);
  if (!errors.empty())
    throw std::runtime_error(fmt::format("a stored {} does not fit its fields: {} {}", shape.name,
                                         errors[0].field, errors[0].message));
}

Error invalid(FieldErrors errors) {
  std::string detail =
      errors.size() == 1
          ? fmt::format("The request is not valid: {} {}.",
                        errors[0].field.empty() ? "the body" : errors[0].field, errors[0].message)
          : fmt::format("The request is not valid in {} places.", errors.size());
  return {Code::invalid, std::move(detail), std::move(errors)};
}

}  // namespace onggi::model
