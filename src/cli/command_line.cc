#include "cli/command_line.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

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
    root_.footer(
        "onggi COMMAND --help tells more about each.\n"
        "Every option is also an environment variable (--log-level is ONGGI_LOG_LEVEL) and a key "
        "of a\n"
        "TOML file (--config). A flag wins over the environment, that over the file.");
    add_serving();
    add_users();
    add_keys();
    add_data();
    add_printing();
  }

  std::expected<CommandLine, Answer> read(std::span<const char* const> arguments);

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help,
                const std::string& footer, Command initial);
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
  void add_data();
  void add_printing();

  CLI::App root_;
  std::vector<std::unique_ptr<Command>> records_;
  std::vector<config::Given> flags_;
  const Command* chosen_ = nullptr;
};

CLI::App* Reader::add(CLI::App& parent, const std::string& name, const std::string& help,
                      const std::string& footer, Command initial) {
  records_.push_back(std::make_unique<Command>(std::move(initial)));
  CLI::App* command = parent.add_subcommand(name, help);
  command->footer(footer);
  command->callback([this, chosen = records_.back().get()] { chosen_ = chosen; });
  return command;
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
  CLI::App* serve = add(
      root_, "serve", "Serve the API on a data directory",
      "Examples:\n"
      "  onggi serve\n"
      "  onggi serve --data /var/lib/onggi --listen 0.0.0.0:8420 --listen unix:/run/onggi.sock\n"
      "  onggi serve --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem\n\n"
      "Prints one line, \"listening on URL\", for each address when it is ready. The first start "
      "makes\n"
      "user admin and prints its key once; it is kept in admin.key in the data directory. SIGTERM "
      "and\n"
      "SIGINT let what is in flight finish, for at most 10 s; a second signal ends it at once.",
      Serve{});
  add_options(*serve, Scope::serve);
  CLI::App* demo = add(
      root_, "demo", "Fill a new data directory with a believable demo",
      "Example:\n"
      "  onggi demo --data ./onggi-data && onggi serve --data ./onggi-data\n\n"
      "Four users, 14 agents, 8 workflows and 30 days of executions, the same in every directory.",
      Demo{});
  add_options(*demo, Scope::start);
}

void Reader::add_users() {
  CLI::App* user = root_.add_subcommand("user", "Add, list and remove users");
  user->require_subcommand(1);
  user->footer("Beside a running server these go through it, by the socket in the data directory.");

  CLI::App* added = add(*user, "add", "Add a user and print its id",
                        "Examples:\n  onggi user add carol --timezone Europe/Berlin\n  onggi user "
                        "add ops --role admin",
                        UserAdd{});
  added->add_option("NAME", record<UserAdd>().name, "Its name")->required()->type_name("");
  added->add_option("--role", record<UserAdd>().role, "user or admin [user]")->type_name("ROLE");
  added
      ->add_option("--timezone", record<UserAdd>().timezone,
                   "IANA name; what a day is in its statistics [UTC]")
      ->type_name("ZONE");
  add_options(*added, Scope::store);

  CLI::App* listed = add(*user, "list", "List users: id, role, time zone, name",
                         "Example:\n  onggi user list", UserList{});
  add_options(*listed, Scope::store);

  CLI::App* removed =
      add(*user, "remove", "Remove a user and its keys",
          "Examples:\n  onggi user remove carol\n  onggi user remove carol --erase", UserRemove{});
  removed->add_option("USER", record<UserRemove>().user, "Its id or name")
      ->required()
      ->type_name("");
  removed->add_flag("--erase", record<UserRemove>().erase,
                    "Also erase everything that it owns (refused otherwise)");
  add_options(*removed, Scope::store);
}

void Reader::add_keys() {
  CLI::App* key = root_.add_subcommand("key", "Add, list and revoke API keys");
  key->require_subcommand(1);
  key->footer("Beside a running server these go through it, by the socket in the data directory.");

  CLI::App* added = add(*key, "add", "Add a key and print it: the only time that it is shown",
                        "Example:\n  onggi key add carol laptop > carol.key", KeyAdd{});
  added->add_option("USER", record<KeyAdd>().user, "The user's id or name")
      ->required()
      ->type_name("");
  added->add_option("NAME", record<KeyAdd>().name, "What the key is for")
      ->required()
      ->type_name("");
  add_options(*added, Scope::store);

  CLI::App* listed = add(*key, "list", "List a user's keys: id, time of creation, name",
                         "Example:\n  onggi key list carol", KeyList{});
  listed->add_option("USER", record<KeyList>().user, "The user's id or name")
      ->required()
      ->type_name("");
  add_options(*listed, Scope::store);

  CLI::App* revoked =
      add(*key, "revoke", "Revoke a key, at once",
          "Example:\n  onggi key revoke 0193a1c2-7b3e-7c1d-9a55-0242ac120002", KeyRevoke{});
  revoked->add_option("KEY_ID", record<KeyRevoke>().key, "The key's id (onggi key list)")
      ->required()
      ->type_name("");
  revoked
      ->add_option("--user", record<KeyRevoke>().user, "Whose it is: all users are asked otherwise")
      ->type_name("USER");
  add_options(*revoked, Scope::store);
}

void Reader::add_data() {
  CLI::App* check = add(root_, "check", "Verify a store: pages, references, documents against rows",
                        "Example:\n  onggi check --data ./onggi-data\n\n"
                        "Reads everything, also beside a running server. Prints what is wrong and "
                        "exits 1, or ok and 0.",
                        Check{});
  add_options(*check, Scope::store);

  CLI::App* backup =
      add(root_, "backup", "Copy a store to a file, also while it is served",
          "Example:\n  onggi backup /backups/onggi-monday.db --data /var/lib/onggi\n\n"
          "The copy is one consistent moment. The file must not exist yet.",
          Backup{});
  backup->add_option("FILE", record<Backup>().file, "The new file")->required()->type_name("");
  add_options(*backup, Scope::store);

  CLI::App* restore = add(
      root_, "restore", "Put a backup into a data directory that has no store yet",
      "Example:\n  onggi restore /backups/onggi-monday.db --data /var/lib/onggi-new", Restore{});
  restore->add_option("FILE", record<Restore>().file, "The backup")->required()->type_name("");
  add_options(*restore, Scope::store);
}

void Reader::add_printing() {
  CLI::App* printed =
      add(root_, "config", "Print the options in force, each with where it came from",
          "Examples:\n  onggi config > onggi.toml\n  ONGGI_WORKERS=4 onggi config --config "
          "onggi.toml\n\n"
          "The output is a file for --config. Secrets are masked.",
          PrintConfig{});
  add_options(*printed, Scope::serve);
  add(root_, "openapi", "Print the API's description (OpenAPI 3.1)",
      "Example:\n  onggi openapi > onggi.json", PrintOpenapi{});
  add(root_, "version", "Print version and build", "", PrintVersion{});
  CLI::App* help = root_.add_subcommand("help", "Print this help");
  help->callback([] { throw CLI::CallForHelp(); });
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

std::expected<CommandLine, Answer> Reader::read(std::span<const char* const> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root_.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Answer{root_.help(), false});
  } catch (const CLI::ParseError& mistake) {
    const CLI::App& command = innermost(root_);
    const bool lacks_command = command.get_require_subcommand_min() > 0 &&
                               dynamic_cast<const CLI::RequiredError*>(&mistake) != nullptr;
    if (lacks_command) return std::unexpected(Answer{command.help(), true});
    return std::unexpected(Answer{
        fmt::format("onggi: {}\nSee {} --help.\n", mistake.what(), full_name(command)), true});
  }
  if (chosen_ == nullptr) return std::unexpected(Answer{root_.help(), false});
  return CommandLine{*chosen_, std::move(flags_)};
}

}  // namespace

std::expected<CommandLine, Answer> read_command_line(std::span<const char* const> arguments) {
  return Reader().read(arguments);
}

}  // namespace onggi::cli
