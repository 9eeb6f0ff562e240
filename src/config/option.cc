#include "config/option.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/cron.h"
#include "base/time_zone.h"

namespace onggi::config {
namespace {

template <class>
struct MemberOf;
template <class T>
struct MemberOf<T Options::*> {
  using Held = T;
};

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, std::string>)
    return Type::text;
  else if constexpr (std::is_same_v<T, std::vector<std::string>>)
    return Type::texts;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return Type::integer;
  else if constexpr (std::is_same_v<T, bool>)
    return Type::boolean;
  else
    return Type::choice;
}

template <auto Member>
constexpr Option option(std::string_view name, Scope scope, std::string_view placeholder,
                        std::string_view help) {
  using T = typename MemberOf<decltype(Member)>::Held;
  return {.name = name,
          .type = type_of<T>(),
          .scope = scope,
          .placeholder = placeholder,
          .help = help,
          .member = [](Options& options) -> void* { return &(options.*Member); }};
}

constexpr Option required(Option row) {
  row.is_required = true;
  return row;
}
constexpr Option between(std::int64_t min, std::int64_t max, Option row) {
  row.min = min;
  row.max = max;
  return row;
}
constexpr Option one_of(std::span<const std::string_view> names, Option row) {
  row.names = names;
  return row;
}
constexpr Option checked(bool (*check)(std::string_view, std::string&), Option row) {
  row.check = check;
  return required(row);
}
constexpr Option not_in_file(Option row) {
  row.is_in_file = false;
  return row;
}
// Not a flag either: every user of the machine can read a process's arguments.
constexpr Option secret(Option row) {
  row.is_secret = true;
  row.has_flag = false;
  return not_in_file(row);
}

constexpr Option masked(Option row) {
  row.is_secret = true;
  return row;
}

bool is_cron(std::string_view text, std::string& why) {
  if (Cron::parse(text, why)) return true;
  why = fmt::format("is no cron expression: {}", why);
  return false;
}

bool is_zone(std::string_view text, std::string& why) {
  if (is_time_zone(text)) return true;
  why = "is not an IANA time zone";
  return false;
}

template <auto Member>
constexpr Option cron_of(std::string_view name, std::string_view help) {
  return checked(is_cron, option<Member>(name, Scope::serve, "CRON", help));
}

constexpr std::array table{
    required(
        option<&Options::data>("data", Scope::store, "DIR",
                               "The data directory; made, with mode 0700, where there is none")),
    masked(option<&Options::database_url>(
        "database-url", Scope::store, "URL",
        "Keep everything in this PostgreSQL database (postgres://...) instead of a file in the "
        "data "
        "directory. Arguments can be read by every user of the machine: a password is better given "
        "by the environment or PGPASSFILE")),
    one_of(pooler_names,
           option<&Options::database_pooler>(
               "database-pooler", Scope::store, "MODE",
               "What stands before PostgreSQL: transaction for PgBouncer in its transaction mode "
               "(nothing is then left in a session), none for nothing; auto finds out")),
    not_in_file(option<&Options::config>("config", Scope::store, "FILE",
                                         "Read options from this TOML file")),
    secret(option<&Options::admin_key>("admin-key", Scope::start, "KEY",
                                       "On the first start, the key of user admin (onggi_ and 43 "
                                       "base64url characters); one is made otherwise")),
    required(option<&Options::listen>(
        "listen", Scope::serve, "HOST:PORT",
        "Where to listen; port 0 takes a free one, unix:PATH is a Unix socket")),
    option<&Options::tls_cert>("tls-cert", Scope::serve, "FILE",
                               "Serve TLS with this certificate chain (PEM)"),
    option<&Options::tls_key>("tls-key", Scope::serve, "FILE",
                              "The certificate's private key (PEM)"),
    option<&Options::cors_origin>("cors-origin", Scope::serve, "ORIGIN",
                                  "Let pages of this origin call the API; * for any"),
    between(1, 1'000'000,
            option<&Options::max_connections>("max-connections", Scope::serve, "N",
                                              "Connections at once; beyond, 503")),
    between(1, 1'000'000,
            option<&Options::max_listeners>("max-listeners", Scope::serve, "N",
                                            "Live event streams at once; beyond, 503")),
    between(1, 1'000'000,
            option<&Options::max_listeners_per_user>(
                "max-listeners-per-user", Scope::serve, "N",
                "Live event streams of one user at once; beyond, 429")),
    between(0, 1'024,
            option<&Options::loops>("loops", Scope::serve, "N", "Event loops; 0 is one per core")),
    between(1, 1'024,
            option<&Options::workers>("workers", Scope::serve, "N",
                                      "Threads for what would hold an event loop up")),
    between(1, 1'000'000,
            option<&Options::writer_queue>("writer-queue", Scope::serve, "N",
                                           "Writes that may wait for the disk; beyond, 503")),
    between(0, 10'000,
            option<&Options::database_connections>(
                "database-connections", Scope::serve, "N",
                "Connections to PostgreSQL, about; 0 is 8, and 6 for each event loop")),
    between(1, 3'600'000,
            option<&Options::statement_timeout_ms>(
                "statement-timeout-ms", Scope::serve, "MS",
                "How long PostgreSQL may take for one statement; beyond, 503")),
    between(0, 3'600'000,
            option<&Options::slow_statement_ms>(
                "slow-statement-ms", Scope::serve, "MS",
                "Log a statement that takes longer, by its name; 0: none")),
    between(
        0, 1'000'000,
        option<&Options::page_cache_mb>("page-cache-mb", Scope::serve, "MB",
                                        "Memory for pages that were read before; 0 keeps none")),
    between(0, 60'000,
            option<&Options::longest_wait_ms>(
                "longest-wait-ms", Scope::serve, "MS",
                "How long requests may wait for their turn, and writes for theirs, when there is "
                "more to do than can be done; beyond, 503. 0: any time")),
    option<&Options::embeddings_url>(
        "embeddings-url", Scope::serve, "URL",
        "Ask this service (OpenAI's POST /v1/embeddings, the whole URL) for the embeddings of "
        "memories and queries that come without one"),
    secret(option<&Options::embeddings_key>("embeddings-key", Scope::serve, "KEY",
                                            "What the service of embeddings knows us by")),
    option<&Options::embeddings_model>("embeddings-model", Scope::serve, "NAME",
                                       "The model that the service of embeddings is asked for"),
    between(0, 36'500,
            option<&Options::execution_retention_days>(
                "execution-retention-days", Scope::serve, "DAYS",
                "How long executions are kept; 0 keeps them for ever")),
    option<&Options::scheduler>("scheduler", Scope::serve, "",
                                "Run jobs when they are due; false leaves that to other servers"),
    checked(is_zone, option<&Options::timezone>("timezone", Scope::serve, "ZONE",
                                                "The IANA time zone of the schedules of jobs")),
    cron_of<&Options::stats_aggregation_cron>("stats-aggregation-cron",
                                              "When statistics are aggregated (five fields)"),
    cron_of<&Options::memory_cleanup_cron>("memory-cleanup-cron",
                                           "When agents' memory is cleaned up"),
    cron_of<&Options::retention_cron>("retention-cron",
                                      "When what was kept long enough is removed"),
    cron_of<&Options::reclaim_space_cron>("reclaim-space-cron",
                                          "When free room goes back to the file system"),
    cron_of<&Options::partition_maintenance_cron>(
        "partition-maintenance-cron", "When partitions for the months to come are made"),
    one_of(log_level_names, option<&Options::log_level>("log-level", Scope::serve, "LEVEL",
                                                        "The least that is logged")),
    one_of(log_format_names,
           option<&Options::log_format>("log-format", Scope::serve, "FORMAT",
                                        "auto is text on a terminal and JSON lines otherwise")),
    option<&Options::log_requests>("log-requests", Scope::serve, "", "Log every request"),
};

template <class T>
T& value_of(const Option& row, Options& options) {
  return *static_cast<T*>(row.member(options));
}

// Choices are enumerations of one byte, in the order of their names.
std::uint8_t& choice_of(const Option& row, Options& options) {
  static_assert(sizeof(LogLevel) == 1 && sizeof(LogFormat) == 1);
  return value_of<std::uint8_t>(row, options);
}

std::expected<void, std::string> assign_integer(const Option& row, Options& options,
                                                const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (!is_number || number < row.min || number > row.max) {
    return std::unexpected(fmt::format("must be a whole number from {} to {}, not '{}'", row.min,
                                       row.max, on_one_line(text)));
  }
  value_of<std::int64_t>(row, options) = number;
  return {};
}

std::expected<void, std::string> assign_choice(const Option& row, Options& options,
                                               const std::string& text) {
  const auto found = std::ranges::find(row.names, text);
  if (found == row.names.end()) {
    return std::unexpected(
        fmt::format("must be one of {}, not '{}'", fmt::join(row.names, ", "), on_one_line(text)));
  }
  choice_of(row, options) = static_cast<std::uint8_t>(found - row.names.begin());
  return {};
}

std::expected<void, std::string> assign_boolean(const Option& row, Options& options,
                                                const std::string& text) {
  if (text != "true" && text != "false") {
    return std::unexpected(fmt::format("must be true or false, not '{}'", on_one_line(text)));
  }
  value_of<bool>(row, options) = text == "true";
  return {};
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (is_control(c))
      out += fmt::format("\\u{:04x}", c);
    else
      out += c;
  }
  return out + '"';
}

}  // namespace

std::span<const Option> all_options() {
  return table;
}

const Option* find_option(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Option::name);
  return found == table.end() ? nullptr : found;
}

std::string on_one_line(std::string_view written) {
  std::string out;
  for (const char c : written) {
    if (is_control(c))
      out += fmt::format("\\u{:04x}", c);
    else
      out += c;
  }
  return out;
}

std::string flag_of(const Option& option) {
  return fmt::format("--{}", option.name);
}

std::string variable_of(const Option& option) {
  std::string variable = "ONGGI_";
  for (const char c : option.name) {
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return variable;
}

std::expected<void, std::string> assign(const Option& option, Options& options,
                                        std::span<const std::string> written) {
  std::vector<std::string> texts;
  std::ranges::copy_if(written, std::back_inserter(texts),
                       [](const std::string& text) { return !text.empty(); });
  if (option.is_required && texts.empty()) return std::unexpected("must not be empty");
  if (option.type == Type::texts) {
    value_of<std::vector<std::string>>(option, options) = std::move(texts);
    return {};
  }
  if (written.size() != 1) return std::unexpected("is given more than once");
  switch (option.type) {
    case Type::integer:
      return assign_integer(option, options, written[0]);
    case Type::boolean:
      return assign_boolean(option, options, written[0]);
    case Type::choice:
      return assign_choice(option, options, written[0]);
    case Type::texts:
    case Type::text:
      break;
  }
  std::string why;
  if (option.check != nullptr && !option.check(written[0], why))
    return std::unexpected(std::move(why));
  value_of<std::string>(option, options) = written[0];
  return {};
}

std::string shown(const Option& option, const Options& options) {
  Options copy = options;
  switch (option.type) {
    case Type::integer:
      return fmt::to_string(value_of<std::int64_t>(option, copy));
    case Type::boolean:
      return value_of<bool>(option, copy) ? "true" : "false";
    case Type::choice:
      return quoted(option.names[choice_of(option, copy)]);
    case Type::texts: {
      std::vector<std::string> texts;
      for (const std::string& text : value_of<std::vector<std::string>>(option, copy))
        texts.push_back(quoted(text));
      return fmt::format("[{}]", fmt::join(texts, ", "));
    }
    case Type::text:
      break;
  }
  const std::string& text = value_of<std::string>(option, copy);
  return quoted(option.is_secret && !text.empty() ? "********" : text);
}

}  // namespace onggi::config
