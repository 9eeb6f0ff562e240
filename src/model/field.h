// Field lists: what a record consists of, said once.
//
// A record is a plain struct; its Shape lists its fields. From that list follow decoding and
// validation (decode.h), encoding (encode.h), the OpenAPI schema (api/schema.cc) and the order in
// which a statement's parameters are bound (store/binding.h). The default of a field is its member
// initialiser.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"

namespace onggi::model {

// The base of every record, so that a list of fields can be walked without knowing the struct.
struct Record {};

// A JSON document inside a record, in canonical spelling (json/json.h).
struct Document {
  std::string text = "{}";
  bool operator==(const Document&) const = default;
};

// US dollars, kept as integer nano-dollars; a JSON number of dollars outside.
struct Money {
  std::int64_t nanos = 0;
  auto operator<=>(const Money&) const = default;
};
inline constexpr std::int64_t nanos_per_dollar = 1'000'000'000;

// The names of an enumeration, in the order of its values. Specialised beside each enumeration.
template <class Enum>
inline constexpr std::span<const std::string_view> names_of{};

enum class Type : std::uint8_t {
  text,      // std::string
  integer,   // std::int64_t
  boolean,   // bool
  uuid,      // Uuid
  time,      // Time
  money,     // Money
  choice,    // an enumeration of one byte
  object,    // Document that is a JSON object
  any,       // Document that is any JSON value
  numbers,   // std::vector<float>, always optional
  record,    // a Record
  list,      // std::vector of Records
  embedded,  // not of the record: shown beside it, made at read; read-only
};

struct Shape;

// How a list member is walked.
struct ListAccess {
  std::size_t (*size)(const void* list);
  Record& (*at)(void* list, std::size_t index);
  Record& (*append)(void* list);
};

struct Field {
  std::string_view name;
  Type type;
  std::string_view help;
  bool nullable = false;       // the member is a std::optional; null outside
  bool is_required = false;    // at creation and in a whole (PUT)
  bool is_read_only = false;   // the server's to write
  bool is_write_only = false;  // never shown (secrets)
  bool is_heavy = false;       // left out of list items
  std::int64_t min = std::numeric_limits<std::int64_t>::min();  // integer: value; text: characters
                                                                // (code points); list: entries
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view pattern{};  // of text, for OpenAPI and the message; `check` enforces it
  bool (*check)(std::string_view text, std::string& why) = nullptr;
  std::span<const std::string_view> names{};  // of a choice
  const Shape* shape = nullptr;  // of a record, of a list's entries, or of what is embedded
  bool embeds_list = false;      // an embedded list of `shape`
  bool embeds_flag = false;      // embedded: `true`, or left out
  ListAccess list{};
  void* (*member)(Record& record) = nullptr;  // null for embedded

  // How a field is described: field<&Agent::name>("name", "...").required().between(1, 200)
  constexpr Field required() const { return with(&Field::is_required); }
  constexpr Field read_only() const { return with(&Field::is_read_only); }
  constexpr Field write_only() const { return with(&Field::is_write_only); }
  constexpr Field heavy() const { return with(&Field::is_heavy); }
  constexpr Field between(std::int64_t low, std::int64_t high) const {
    Field copy = *this;
    copy.min = low;
    copy.max = high;
    return copy;
  }
  constexpr Field of(const Shape& inner) const {
    Field copy = *this;
    copy.shape = &inner;
    return copy;
  }
  constexpr Field checked(bool (*test)(std::string_view, std::string&),
                          std::string_view described_by = {}) const {
    Field copy = *this;
    copy.check = test;
    copy.pattern = described_by;
    return copy;
  }
  // Any JSON value instead of an object.
  constexpr Field any_json() const {
    Field copy = *this;
    copy.type = Type::any;
    return copy;
  }

 private:
  constexpr Field with(bool Field::* flag) const {
    Field copy = *this;
    copy.*flag = true;
    return copy;
  }
};

struct Shape {
  std::string_view name;  // of the OpenAPI component: "Agent"
  std::span<const Field> fields;
  std::shared_ptr<Record> (*make)();  // a new record with its defaults

  const Field* find(std::string_view field_name) const {
    for (const Field& field : fields)
      if (field.name == field_name) return &field;
    return nullptr;
  }
};

namespace detail {
template <class>
struct MemberOf;
template <class Class, class Value>
struct MemberOf<Value Class::*> {
  using Owner = Class;
  using Held = Value;
};
template <class T>
struct Unwrapped {
  using type = T;
  static constexpr bool optional = false;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
};
template <class>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <>
inline constexpr bool is_list<std::vector<float>> = false;

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, std::string>)
    return Type::text;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return Type::integer;
  else if constexpr (std::is_same_v<T, bool>)
    return Type::boolean;
  else if constexpr (std::is_same_v<T, Uuid>)
    return Type::uuid;
  else if constexpr (std::is_same_v<T, Time>)
    return Type::time;
  else if constexpr (std::is_same_v<T, Money>)
    return Type::money;
  else if constexpr (std::is_enum_v<T>)
    return Type::choice;
  else if constexpr (std::is_same_v<T, Document>)
    return Type::object;
  else if constexpr (std::is_same_v<T, std::vector<float>>)
    return Type::numbers;
  else if constexpr (is_list<T>)
    return Type::list;
  else {
    static_assert(std::is_base_of_v<Record, T>);
    return Type::record;
  }
}

template <class T>
constexpr ListAccess list_access() {
  using Entry = typename T::value_type;
  return {[](const void* list) { return static_cast<const T*>(list)->size(); },
          [](void* list, std::size_t index) -> Record& {
            return static_cast<Entry&>((*static_cast<T*>(list))[index]);
          },
          [](void* list) -> Record& { return static_cast<T*>(list)->emplace_back(); }};
}
}  // namespace detail

template <auto Member>
constexpr Field field(std::string_view name, std::string_view help) {
  using Pointer = detail::MemberOf<decltype(Member)>;
  using Inner = detail::Unwrapped<typename Pointer::Held>;
  using T = typename Inner::type;
  Field made{.name = name, .type = detail::type_of<T>(), .help = help};
  made.nullable = Inner::optional;
  made.member = [](Record& record) -> void* {
    return &(static_cast<typename Pointer::Owner&>(record).*Member);
  };
  if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1 && !names_of<T>.empty());
    made.names = names_of<T>;
  }
  if constexpr (detail::is_list<T>) made.list = detail::list_access<T>();
  return made;
}

// What a page shows beside the record's own data; made at read, so never stored in its document.
constexpr Field embedded(std::string_view name, std::string_view help, const Shape* shape = nullptr,
                         bool is_list = false) {
  Field made{.name = name, .type = Type::embedded, .help = help};
  made.is_read_only = true;
  made.is_heavy = true;
  made.shape = shape;
  made.embeds_list = is_list;
  return made;
}

// What is true of some records, and says so beside their own data.
constexpr Field embedded_flag(std::string_view name, std::string_view help) {
  Field made = embedded(name, help);
  made.embeds_flag = true;
  return made;
}

template <class T>
std::shared_ptr<Record> make_record() {
  return std::make_shared<T>();
}

}  // namespace onggi::model
