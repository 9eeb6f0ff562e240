// The pages, each from the rows of a file that bench/peers/rows.sql has made: the best statements
// that we know, prepared, and JSON put together by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "peers/sqlite/statement.h"

namespace onggi::bench {

class Page {
 public:
  virtual ~Page() = default;
  // Appends the answer to one request. `arguments` are the request's, the reader's id first. Throws
  // std::runtime_error where there is nothing to show.
  virtual void build(const std::vector<std::string>& arguments, std::string& out) = 0;
};

// By its name: workflow (reader, id), agent (reader, id), executions (reader, agent), agents
// (reader, provider), workflows (reader, type of a node). Throws std::runtime_error for another.
std::unique_ptr<Page> make_page(Connection& connection, std::string_view name);

}  // namespace onggi::bench
