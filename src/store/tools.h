// The catalogue of tools.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

class Tools final : public Definitions {
 public:
  Tools();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;
  Key key_of(const model::Record& record) const override;

 protected:
  void bind_more(model::Record& record, db::Params& params,
                 std::vector<std::string>& buffers) const override;
  Task<Result<void>> check_removal(db::Connection& connection, Key key) const override;
  bool has_owner() const override { return false; }
  std::string taken() const override { return "A tool with this id exists already."; }
};

}  // namespace onggi::store
