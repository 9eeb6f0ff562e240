#include "store/binding.h"

namespace onggi::store {
namespace {

using model::Field;
using model::Type;

template <class T, class Convert>
void add(const Field& field, const void* at, db::Params& params, Convert convert) {
  if (!field.nullable) {
    params.add(convert(*static_cast<const T*>(at)));
    return;
  }
  const auto& maybe = *static_cast<const std::optional<T>*>(at);
  if (maybe)
    params.add(convert(*maybe));
  else
    params.add(std::nullopt);
}

constexpr auto as_it_is = [](const auto& value) -> const auto& { return value; };

}  // namespace

void bind(const model::Shape& shape, model::Record& record, db::Params& params) {
  for (const Field& field : shape.fields) {
    void* const at = field.member != nullptr ? field.member(record) : nullptr;
    switch (field.type) {
      case Type::text:
        add<std::string>(field, at, params, as_it_is);
        break;
      case Type::integer:
        add<std::int64_t>(field, at, params, as_it_is);
        break;
      case Type::boolean:
        add<bool>(field, at, params, as_it_is);
        break;
      case Type::uuid:
        add<Uuid>(field, at, params, as_it_is);
        break;
      case Type::time:
        add<Time>(field, at, params, as_it_is);
        break;
      case Type::money:
        add<model::Money>(field, at, params, [](const model::Money& money) { return money.nanos; });
        break;
      case Type::choice:
        add<std::uint8_t>(field, at, params,
                          [&](std::uint8_t value) { return field.names[value]; });
        break;
      case Type::object:
      case Type::any:
        add<model::Document>(field, at, params, [](const model::Document& document) {
          return std::string_view(document.text);
        });
        break;
      case Type::record:
        bind(*field.shape, *static_cast<model::Record*>(at), params);
        break;
      case Type::numbers:
      case Type::list:
      case Type::embedded:
        break;
    }
  }
}

}  // namespace onggi::store
