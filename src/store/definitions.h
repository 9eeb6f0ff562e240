// What the stores of users, tools, knowledgebases, blocks, agents and workflows have in common:
// creation, change and removal of one object that is kept as columns and as the document that a
// page shows. Each kind says in a subclass what is its own.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "db/database.h"
#include "model/definitions.h"
#include "store/change.h"
#include "store/page.h"
#include "store/search.h"

namespace onggi::store {

// A creation, validated, before its transaction. Immutable then: the transaction's body may run
// more than once.
struct Draft {
  std::shared_ptr<model::Record> record;  // complete: id, owner, times, version
  std::optional<Sha256> request_hash;     // where the client brought the id
};

struct Created {
  Page page;
  bool is_repeated = false;  // the same creation was there already
};

// Statements that every kind has. `find` takes the id and returns (owner or id, request_hash);
// `insert` and `update` take the fields, then request_hash, document and bind_more(); `remove`
// takes id, owner and now.
struct DefinitionStatements {
  const db::Statement& find;
  const db::Statement& insert;
  const db::Statement& update;
  const db::Statement& remove;
  const db::Statement&
      list;  // owner where owned, place (time, id), limit, filters in the order of filter_names
  const db::Statement& count;
};

class Definitions {
 public:
  // `search`: of kinds whose filters are answered by the index of terms.
  Definitions(const model::Shape& shape, DefinitionStatements statements,
              std::optional<SearchStatements> search = std::nullopt)
      : shape_(shape), statements_(statements), search_(search) {}
  virtual ~Definitions() = default;
  Definitions(const Definitions&) = delete;
  Definitions& operator=(const Definitions&) = delete;

  const model::Shape& shape() const { return shape_; }

  // Validates the body of a creation. 422 with every complaint.
  Result<Draft> draft(const json::Value& body, const Uuid& owner, Time now) const;

  // In a transaction. 409 where the id or a unique name is taken, 422 where a reference leads
  // nowhere.
  Task<Result<Created>> create(db::Connection& connection, Draft draft) const;

  // In a transaction. 404 where it is not there or not the owner's, 412, 409, 422.
  Task<Result<Page>> change(db::Connection& connection, Key key, Uuid owner, Change change) const;

  // In a transaction.
  Task<Result<void>> remove(db::Connection& connection, Key key, Uuid owner, IfMatch if_match,
                            Time now) const;

  // The page of one object, for whoever may see it; nullopt where it is not there or not the
  // reader's to see.
  virtual Task<std::optional<Page>> read(db::Connection& connection, Key key,
                                         Uuid reader) const = 0;

  // A page of the list. `filters` are the values (null: any) in the order that the statement takes
  // them; those of a searchable kind take none.
  Task<Items> list(db::Connection& connection, Uuid reader, Range range, db::Params filters) const;
  // Up to count_max.
  Task<Total> count(db::Connection& connection, Uuid reader, db::Params filters) const;

  // Whether filters are a search: any member of what is shown, exact, and containment in documents.
  bool is_searchable() const { return search_.has_value(); }
  Task<Items> find(db::Connection& connection, Uuid reader, Range range,
                   std::shared_ptr<const Filter> filter) const;
  Task<Total> count_found(db::Connection& connection, Uuid reader,
                          std::shared_ptr<const Filter> filter) const;

  // The id of a record of this kind.
  virtual Key key_of(const model::Record& record) const;

 protected:
  // What is checked beyond the fields, without the database; may complete the record (a workflow's
  // graph). `body` is the whole.
  virtual Result<void> prepare(model::Record& record, const json::Value& body) const;
  // Whether what it refers to is there and the owner's to use: 422 naming the pointer. What it
  // referred to `before` a change was checked then: it may have gone since, and stays.
  virtual Task<Result<void>> check_references(db::Connection& connection,
                                              const model::Record& record,
                                              const model::Record* before, Uuid owner) const;
  // Parameters of insert and update after the document. Views must live as long as `record` and
  // `buffers`.
  virtual void bind_more(model::Record& record, db::Params& params,
                         std::vector<std::string>& buffers) const;
  // Rows of its own tables: written at creation, and at a change from `before`.
  virtual Task<void> write_rows(db::Connection& connection, model::Record& record,
                                const model::Record* before) const;
  // Whether a change from `before` changes nothing.
  virtual bool is_same(model::Record& before, model::Record& after) const;
  // 409 where it cannot go.
  virtual Task<Result<void>> check_removal(db::Connection& connection, Key key) const;
  // After it has gone: rows of its own tables that must not stay.
  virtual Task<void> remove_rows(db::Connection& connection, Key key) const;
  virtual bool has_owner() const { return true; }
  virtual std::string taken() const { return "An object with this id exists already."; }

  static model::Definition& header(model::Record& record) {
    return static_cast<model::Definition&>(record);
  }

 private:
  Task<Result<void>> write(db::Connection& connection, const db::Statement& statement,
                           model::Record& record, std::optional<Sha256> request_hash) const;

  const model::Shape& shape_;
  DefinitionStatements statements_;
  std::optional<SearchStatements> search_;
};

}  // namespace onggi::store
