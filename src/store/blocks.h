// Blocks: their owner's, and read by everybody where public.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

class Blocks final : public Definitions {
 public:
  Blocks();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;

 protected:
  std::string taken() const override { return "A block with this name or id exists already."; }
};

}  // namespace onggi::store
