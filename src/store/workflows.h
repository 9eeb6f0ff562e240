// Workflows: documents kept as shown, and their rows.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

class Workflows final : public Definitions {
 public:
  Workflows();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;
  // Nodes across workflows, newest workflow first, in the order of the graph; each with its
  // workflow's id and name.
  static Task<Items> find_nodes(db::Connection& connection, Uuid reader, Range range,
                                std::shared_ptr<const Filter> filter);
  static Task<Total> count_nodes(db::Connection& connection, Uuid reader,
                                 std::shared_ptr<const Filter> filter);
  Task<bool> is_owned(db::Connection& connection, Key key, Uuid owner) const;

 protected:
  Result<void> prepare(model::Record& record, const json::Value& body) const override;
  Task<Result<void>> check_references(db::Connection& connection, const model::Record& record,
                                      const model::Record* before, Uuid owner) const override;
  void bind_more(model::Record& record, db::Params& params,
                 std::vector<std::string>& buffers) const override;
  Task<void> write_rows(db::Connection& connection, model::Record& record,
                        const model::Record* before) const override;
  bool is_same(model::Record& before, model::Record& after) const override;
  std::string taken() const override { return "A workflow with this id exists already."; }
};

}  // namespace onggi::store
