#include "cli/command_line.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/help.h"

namespace onggi::cli {
namespace {

using config::Option;
using config::Scope;
using config::Type;

constexpr std::size_t help_column = 36;
constexpr std::size_t help_width = 62;

// Broken into lines at spaces.
std::string wrapped(std::string_view text) {
  std::string out;
  while (text.size() > help_width) {
    const std::size_t space = text.rfind(' ', help_width);
    if (space == std::string_view::npos) break;
    out += text.substr(0, space);
    out += '\n';
    text.remove_prefix(space + 1);
  }
  return out.append(text);
}

// As one would write it behind the flag; empty where there is none.
std::string default_of(const Option& option) {
  static const config::Options defaults;
  std::string text = config::shown(option, defaults);
  std::erase_if(text, [](char c) { return c == '"' || c == '[' || c == ']'; });
  return text;
}

std::string describe(const Option& option) {
  std::string text(option.help);
  if (option.type == Type::choice) text += fmt::format(": {}", fmt::join(option.names, ", "));
  if (option.type == Type::texts) text += "; may be repeated";
  const std::string value = default_of(option);
  if (!value.empty()) text += fmt::format(" [{}]", value);
  return wrapped(text);
}

// One way of writing help for all commands.
class Formatter final : public CLI::Formatter {
 public:
  Formatter() {
    column_width(help_column);
    label("OPTIONS", "OPTIONS");
    label("SUBCOMMAND", "COMMAND");
    label("Subcommands", "Commands");
    label("Positionals", "Arguments");
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    return type.empty() ? "" : " " + type;
  }
};

class Reader {
 public:
  Reader()
      : root_("onggi keeps the state of an AI agent platform: agents, workflows, executions.",
              "onggi") {
    root_.formatter(std::make_shared<Formatter>());
    root_.require_subcommand(0, 1);
    root_.set_help_flag("-h,--help", "This help");
    root_.footer(help::root);
    add_serving();
    add_users();
    add_keys();
    add_statistics();
    add_data();
    add_moving();
    add_printing();
  }

  std::expected<CommandLine, Reply> read(std::span<const char* const> arguments);

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& about,
                const std::string& more, Command initial);
  // A command that consists of others.
  CLI::App* add_group(const std::string& name, const std::string& about);
  void add_argument(CLI::App& command, const std::string& name, std::string& target,
                    const std::string& about);
  void add_options(CLI::App& command, Scope scope);
  void add_option(CLI::App& command, const Option& option);
  // The command's own record, where CLI11 puts what it reads.
  template <class T>
  T& record() {
    return std::get<T>(*records_.back());
  }

  void add_serving();
  void add_users();
  void add_keys();
  void add_statistics();
  void add_data();
  void add_moving();
  void add_place(CLI::App& command, const std::string& flag, std::string& target,
                 const std::string& about);
  void add_printing();

  CLI::App root_;
  std::vector<std::unique_ptr<Command>> records_;
  std::vector<config::Given> flags_;
  const Command* chosen_ = nullptr;
};

CLI::App* Reader::add(CLI::App& parent, const std::string& name, const std::string& about,
                      const std::string& more, Command initial) {
  records_.push_back(std::make_unique<Command>(std::move(initial)));
  CLI::App* command = parent.add_subcommand(name, about);
  command->footer(more);
  command->group("Commands");
  command->callback([this, chosen = records_.back().get()] { chosen_ = chosen; });
  return command;
}

CLI::App* Reader::add_group(const std::string& name, const std::string& about) {
  CLI::App* group = root_.add_subcommand(name, about);
  group->group("Commands")->footer(help::group);
  group->require_subcommand(0, 1);
  return group;
}

void Reader::add_argument(CLI::App& command, const std::string& name, std::string& target,
                          const std::string& about) {
  command.add_option(name, target, about)->required()->type_name("");
}

void Reader::add_option(CLI::App& command, const Option& option) {
  const std::string flag = config::flag_of(option);
  const auto keep = [this, &option, flag](std::vector<std::string> written) {
    const bool is_bare = option.type == Type::boolean && written == std::vector<std::string>{""};
    if (is_bare) written = {"true"};
    flags_.push_back({&option, std::move(written), flag});
    return true;
  };
  CLI::Option* added = command.add_option(flag, keep, describe(option));
  added->type_name(std::string(option.placeholder));
  added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (option.type == Type::texts)
    added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
  if (option.type == Type::boolean) added->expected(0, 1);
}

void Reader::add_options(CLI::App& command, Scope scope) {
  std::string variables;
  for (const Option& option : config::all_options()) {
    if (option.scope > scope) continue;
    if (option.has_flag)
      add_option(command, option);
    else
      variables += fmt::format("  {}\n      {}\n", config::variable_of(option), option.help);
  }
  if (variables.empty()) return;
  command.footer(fmt::format("Environment alone:\n{}\n{}", variables, command.get_footer()));
}

void Reader::add_serving() {
  CLI::App* serve = add(root_, "serve", "Serve the API on a data directory", help::serve, Serve{});
  add_options(*serve, Scope::serve);
  CLI::App* demo =
      add(root_, "demo", "Fill a new data directory with a believable demo", help::demo, Demo{});
  demo->add_option("--size", record<Demo>().size,
                   wrapped("small to look at, bench to measure with [small]"))
      ->type_name("SIZE")
      ->check(CLI::IsMember({"small", "bench"}).description(""));
  demo->add_option("--executions", record<Demo>().executions,
                   wrapped("How many executions bench holds, up to 100000000 [1000000]"))
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}).description(""));
  add_options(*demo, Scope::start);
}

void Reader::add_users() {
  CLI::App* user = add_group("user", "Add, list and remove users");

  CLI::App* added = add(*user, "add", "Add a user and print its id", help::user_add, UserAdd{});
  auto& [name, role, timezone] = record<UserAdd>();
  add_argument(*added, "NAME", name, "Its name");
  added->add_option("--role", role, "user or admin [user]")->type_name("ROLE");
  added->add_option("--timezone", timezone, "IANA name; what a day is in its statistics [UTC]")
      ->type_name("ZONE");
  add_options(*added, Scope::store);

  CLI::App* listed =
      add(*user, "list", "List users: id, role, time zone, name", help::user_list, UserList{});
  add_options(*listed, Scope::store);

  CLI::App* removed =
      add(*user, "remove", "Remove a user and its keys", help::user_remove, UserRemove{});
  add_argument(*removed, "USER", record<UserRemove>().user, "Its id or name");
  removed->add_flag("--erase", record<UserRemove>().erase,
                    "Also erase everything that it owns (refused otherwise)");
  add_options(*removed, Scope::store);
}

void Reader::add_keys() {
  CLI::App* key = add_group("key", "Add, list and revoke API keys");

  CLI::App* added = add(*key, "add", "Add a key and print it: the only time that it is shown",
                        help::key_add, KeyAdd{});
  add_argument(*added, "USER", record<KeyAdd>().user, "The user's id or name");
  add_argument(*added, "NAME", record<KeyAdd>().name, "What the key is for");
  add_options(*added, Scope::store);

  CLI::App* listed = add(*key, "list", "List a user's keys: id, time of creation, name",
                         help::key_list, KeyList{});
  add_argument(*listed, "USER", record<KeyList>().user, "The user's id or name");
  add_options(*listed, Scope::store);

  CLI::App* revoked = add(*key, "revoke", "Revoke a key, at once", help::key_revoke, KeyRevoke{});
  add_argument(*revoked, "KEY_ID", record<KeyRevoke>().key, "The key's id (onggi key list)");
  revoked->add_option("--user", record<KeyRevoke>().user, "Whose it is; found out otherwise")
      ->type_name("USER");
  add_options(*revoked, Scope::store);
}

void Reader::add_statistics() {
  CLI::App* stats = add_group("stats", "Verify statistics");
  CLI::App* verified = add(*stats, "verify", "Hold daily statistics against executions",
                           help::stats_verify, StatsVerify{});
  verified->add_option("--from", record<StatsVerify>().from, "The first date [the first of all]")
      ->type_name("DATE");
  verified->add_option("--to", record<StatsVerify>().to, "The last date [the last of all]")
      ->type_name("DATE");
  verified->add_flag("--dry-run", record<StatsVerify>().is_dry, "Leave what differs as it is");
  add_options(*verified, Scope::store);

  CLI::App* prices = add_group("prices", "What models cost");
  CLI::App* listed =
      add(*prices, "list", "List prices per million tokens", help::prices_list, PricesList{});
  add_options(*listed, Scope::store);
  CLI::App* loaded =
      add(*prices, "load", "Set all prices from a TOML file", help::prices_load, PricesLoad{});
  add_argument(*loaded, "FILE", record<PricesLoad>().file, "The file");
  add_options(*loaded, Scope::store);
  CLI::App* applied = add(*prices, "apply", "Estimate costs anew by the present prices",
                          help::prices_apply, PricesApply{});
  add_options(*applied, Scope::store);
}

void Reader::add_data() {
  CLI::App* check = add(root_, "check", "Verify a store: pages, references, documents against rows",
                        help::check, Check{});
  add_options(*check, Scope::store);

  CLI::App* backup = add(root_, "backup", "Copy a store to a file, also while it is served",
                         help::backup, Backup{});
  add_argument(*backup, "FILE", record<Backup>().file, "The new file");
  add_options(*backup, Scope::store);

  CLI::App* restore = add(root_, "restore", "Put a backup into a data directory without a store",
                          help::restore, Restore{});
  add_argument(*restore, "FILE", record<Restore>().file, "The backup");
  add_options(*restore, Scope::store);
}

void Reader::add_place(CLI::App& command, const std::string& flag, std::string& target,
                       const std::string& about) {
  command.add_option(flag, target, wrapped(about))->required()->type_name("STORE");
}

void Reader::add_moving() {
  CLI::App* copy =
      add(root_, "copy", "Move a whole store into another one, of either kind", help::copy, Copy{});
  add_place(*copy, "--from", record<Copy>().from,
            "The source: a data directory that is not served, or postgres://...");
  add_place(*copy, "--to", record<Copy>().to,
            "The target: a new data directory, or postgres://... of an empty database");

  CLI::App* exported =
      add(root_, "export", "Write a whole store as lines of JSON, also while it is served",
          help::export_store, Export{});
  add_place(*exported, "--from", record<Export>().from, "A data directory, or postgres://...");
  add_argument(*exported, "FILE", record<Export>().file,
               "The new file (mode 0600); - is standard output");

  CLI::App* imported =
      add(root_, "import", "Read an export into an empty store", help::import_store, Import{});
  add_place(*imported, "--to", record<Import>().to,
            "A new data directory, or postgres://... of an empty database");
  add_argument(*imported, "FILE", record<Import>().file, "The export; - is standard input");
}

void Reader::add_printing() {
  CLI::App* printed = add(root_, "config", "Print the options in force, and where each came from",
                          help::config, PrintConfig{});
  add_options(*printed, Scope::serve);
  add(root_, "openapi", "Print the API's description (OpenAPI 3.1)", help::openapi, PrintOpenapi{});
  add(root_, "version", "Print version and build", "", PrintVersion{});
  root_.add_subcommand("help", "Print this help")->group("Commands");
}

// The innermost command that was named: mistakes and --help are about it.
const CLI::App& innermost(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string full_name(const CLI::App& app) {
  if (app.get_parent() == nullptr) return app.get_name();
  return full_name(*app.get_parent()) + " " + app.get_name();
}

// Whether it is a command that consists of others.
bool is_group(const CLI::App& app) {
  const auto any = [](const CLI::App*) { return true; };
  return app.get_parent() != nullptr && !app.get_subcommands(any).empty();
}

std::expected<CommandLine, Reply> Reader::read(std::span<const char* const> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root_.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Reply{root_.help(), false});
  } catch (const CLI::ParseError& mistake) {
    const CLI::App& command = innermost(root_);
    return std::unexpected(Reply{
        fmt::format("onggi: {}\nSee {} --help.\n", mistake.what(), full_name(command)), true});
  }
  if (chosen_ != nullptr) return CommandLine{*chosen_, std::move(flags_)};
  const CLI::App& last = innermost(root_);
  if (is_group(last)) return std::unexpected(Reply{last.help("onggi"), true});
  // No command, or help. This reader's root speaks for the command that it has read.
  return std::unexpected(Reply{Reader().root_.help(), false});
}

}  // namespace

std::expected<CommandLine, Reply> read_command_line(std::span<const char* const> arguments) {
  return Reader().read(arguments);
}

}  // namespace onggi::cli
