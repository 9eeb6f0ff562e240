// What an operator can set. Each member has one row in option.cc; its initialiser is the default.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onggi::config {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { automatic, text, json };
inline constexpr std::array<std::string_view, 4> log_level_names{"debug", "info", "warning",
                                                                 "error"};
enum class Pooler : std::uint8_t { automatic, none, transaction };
inline constexpr std::array<std::string_view, 3> log_format_names{"auto", "text", "json"};
inline constexpr std::array<std::string_view, 3> pooler_names{"auto", "none", "transaction"};

struct Options {
  std::string data = "./onggi-data";
  std::string config;
  std::string database_url;
  Pooler database_pooler = Pooler::automatic;
  std::string admin_key;
  std::vector<std::string> listen{"127.0.0.1:8420"};
  std::string tls_cert;
  std::string tls_key;
  std::vector<std::string> cors_origin;
  std::int64_t max_connections = 10'000;
  std::int64_t max_listeners = 5'000;
  std::int64_t max_listeners_per_user = 1'000;
  std::int64_t loops = 0;
  std::int64_t workers = 2;
  std::int64_t writer_queue = 1'024;
  std::int64_t database_connections = 0;
  std::int64_t statement_timeout_ms = 30'000;
  std::int64_t slow_statement_ms = 1'000;
  std::int64_t page_cache_mb = 64;
  std::int64_t longest_wait_ms = 20;
  std::int64_t execution_retention_days = 365;
  std::string embeddings_url;
  std::string embeddings_key;
  std::string embeddings_model;
  bool scheduler = true;
  std::string timezone = "UTC";
  std::string stats_aggregation_cron = "0 2 * * *";
  std::string memory_cleanup_cron = "0 3 * * *";
  std::string retention_cron = "30 3 * * *";
  std::string reclaim_space_cron = "0 4 * * *";
  std::string partition_maintenance_cron = "0 1 * * *";
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::automatic;
  bool log_requests = false;
};

}  // namespace onggi::config
