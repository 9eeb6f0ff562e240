// Knowledgebases: their owner's alone.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

class Knowledgebases final : public Definitions {
 public:
  Knowledgebases();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;
};

}  // namespace onggi::store
