// Agents with their tools, knowledgebases and versions.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

inline constexpr std::int64_t versions_kept = 100;

class Agents final : public Definitions {
 public:
  Agents();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;

  // What a user can write of an agent that the reader may see, as JSON (agent_content_shape): for
  // clones and exports. Of somebody else's agent without its knowledgebases. nullopt where there is
  // no such agent.
  Task<std::optional<json::Value>> content(db::Connection& connection, Key key, Uuid reader) const;

  // Newest first; the place is the version to go on after (Place::time holds its number). nullopt:
  // not the owner's.
  Task<std::optional<Items>> versions(db::Connection& connection, Key key, Uuid owner,
                                      Range range) const;
  Task<Total> count_versions(db::Connection& connection, Key key, Uuid owner) const;
  Task<bool> is_owned(db::Connection& connection, Key key, Uuid owner) const;
  // The content of one version as JSON; nullopt where there is none.
  Task<std::optional<json::Value>> version(db::Connection& connection, Key key, Uuid owner,
                                           std::int64_t number) const;

 protected:
  Result<void> prepare(model::Record& record, const json::Value& body) const override;
  Task<Result<void>> check_references(db::Connection& connection, const model::Record& record,
                                      const model::Record* before, Uuid owner) const override;
  Task<void> write_rows(db::Connection& connection, model::Record& record,
                        const model::Record* before) const override;
  // Deletion is soft: the links go at once, so that a tool which only deleted agents used can go
  // too. Versions hold them still.
  Task<void> remove_rows(db::Connection& connection, Key key) const override;
  std::string taken() const override { return "An agent with this id exists already."; }
};

}  // namespace onggi::store
