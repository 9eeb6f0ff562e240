// What onggi can be asked to do: one closed type, one file for each command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "config/settings.h"

namespace onggi::cli {

struct Serve {};
struct Demo {
  std::string size = "small";              // or bench
  std::optional<std::int64_t> executions;  // of bench
};
struct UserAdd {
  std::string name;
  std::string role = "user";
  std::string timezone = "UTC";
};
struct UserList {};
struct UserRemove {
  std::string user;  // id or name
  bool erase = false;
};
struct KeyAdd {
  std::string user;
  std::string name;
};
struct KeyList {
  std::string user;
};
struct KeyRevoke {
  std::optional<std::string> user;
  std::string key;
};
struct Check {};
struct StatsVerify {
  std::string from;  // YYYY-MM-DD; empty: from the first day on
  std::string to;
  bool is_dry = false;
};
struct PricesList {};
struct PricesLoad {
  std::string file;
};
struct PricesApply {};
struct Backup {
  std::string file;
};
struct Restore {
  std::string file;
};
struct Copy {
  std::string from;  // a data directory or a URL of PostgreSQL, and so below
  std::string to;
};
struct Export {
  std::string from;
  std::string file;  // "-" is standard output
};
struct Import {
  std::string to;
  std::string file;  // "-" is standard input
};
struct PrintConfig {};
struct PrintOpenapi {};
struct PrintVersion {};

using Command =
    std::variant<Serve, Demo, UserAdd, UserList, UserRemove, KeyAdd, KeyList, KeyRevoke, Check,
                 StatsVerify, PricesList, PricesLoad, PricesApply, Backup, Restore, Copy, Export,
                 Import, PrintConfig, PrintOpenapi, PrintVersion>;

// Each does its work and gives the exit code. What goes wrong for the user is a std::runtime_error,
// one line.
int run(const Serve& command, const config::Settings& settings);
int run(const Demo& command, const config::Settings& settings);
int run(const UserAdd& command, const config::Settings& settings);
int run(const UserList& command, const config::Settings& settings);
int run(const UserRemove& command, const config::Settings& settings);
int run(const KeyAdd& command, const config::Settings& settings);
int run(const KeyList& command, const config::Settings& settings);
int run(const KeyRevoke& command, const config::Settings& settings);
int run(const Check& command, const config::Settings& settings);
int run(const StatsVerify& command, const config::Settings& settings);
int run(const PricesList& command, const config::Settings& settings);
int run(const PricesLoad& command, const config::Settings& settings);
int run(const PricesApply& command, const config::Settings& settings);
int run(const Backup& command, const config::Settings& settings);
int run(const Restore& command, const config::Settings& settings);
int run(const Copy& command, const config::Settings& settings);
int run(const Export& command, const config::Settings& settings);
int run(const Import& command, const config::Settings& settings);
int run(const PrintConfig& command, const config::Settings& settings);
int run(const PrintOpenapi& command, const config::Settings& settings);
int run(const PrintVersion& command, const config::Settings& settings);

}  // namespace onggi::cli
