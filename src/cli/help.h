// What --help says below the options: examples, and what one has to know.
#pragma once

namespace onggi::cli::help {

inline constexpr const char* root =
    R"(onggi COMMAND --help tells more about each.

Every option is also an environment variable (--log-level is ONGGI_LOG_LEVEL) and a key of a TOML
file (--config). A flag wins over the environment, that over the file. onggi config shows them.)";

inline constexpr const char* group =
    "Beside a running server these go through it, by the socket in the data directory.";

inline constexpr const char* serve = R"(Examples:
  onggi serve
  onggi serve --data /var/lib/onggi --listen 0.0.0.0:8420 --listen unix:/run/onggi.sock
  onggi serve --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem

Prints one line, "listening on URL", for each address when it is ready. The first start makes user
admin and prints its key once; it is kept in admin.key in the data directory. SIGTERM and SIGINT
let what is in flight finish, for at most 10 s; a second signal ends it at once.)";

inline constexpr const char* demo = R"(Examples:
  onggi demo --data ./onggi-data && onggi serve --data ./onggi-data
  onggi demo --size bench --data ./bench-data

small: five users, 14 agents, 8 workflows and 30 days of executions. bench: 100 users besides admin,
20,000 agents, 1,000 workflows of 50 nodes, and 1,000,000 executions over 90 days, three in ten of
user bench-001; takes a few minutes. The same figures every time.)";

inline constexpr const char* user_add = R"(Examples:
  onggi user add carol --timezone Europe/Berlin
  onggi user add ops --role admin)";

inline constexpr const char* stats_verify = R"(Examples:
  onggi stats verify
  onggi stats verify --from 2026-11-01 --to 2026-11-30 --data /var/lib/onggi

Also beside a running server. Prints a line for each row that is not what executions say or, of
weeks and of all time, daily rows (without --from and --to), and makes these anew; exit code 1 if
there were any. Days that retention has removed executions of are passed over.)";

inline constexpr const char* prices_list = R"(Example:
  onggi prices list)";

inline constexpr const char* prices_load = R"(Example:
  onggi prices load prices.toml

The file holds one table for each model, in US dollars per million tokens:
  [[prices]]
  llm_provider = "openai"
  llm_model = "gpt-4o"
  prompt_usd_per_million = 2.5
  completion_usd_per_million = 10)";

inline constexpr const char* prices_apply = R"(Example:
  onggi prices apply

Costs that clients gave stay as they are. Statistics follow.)";

inline constexpr const char* user_list = R"(Example:
  onggi user list --data /var/lib/onggi)";

inline constexpr const char* user_remove = R"(Examples:
  onggi user remove carol
  onggi user remove carol --erase)";

inline constexpr const char* key_add = R"(Example:
  onggi key add carol laptop > carol.key)";

inline constexpr const char* key_list = R"(Example:
  onggi key list carol)";

inline constexpr const char* key_revoke = R"(Example:
  onggi key revoke 0193a1c2-7b3e-7c1d-9a55-0242ac120002)";

inline constexpr const char* check = R"(Example:
  onggi check --data /var/lib/onggi

Reads everything, also beside a running server. Prints what is wrong and exits 1, or ok and 0.)";

inline constexpr const char* backup = R"(Example:
  onggi backup /backups/monday.db --data /var/lib/onggi

The copy shows one moment. The file must not exist yet.)";

inline constexpr const char* restore = R"(Example:
  onggi restore /backups/monday.db --data /var/lib/onggi)";

inline constexpr const char* copy = R"(Examples:
  onggi copy --from /var/lib/onggi --to postgres://onggi@db.example/onggi
  onggi copy --from postgres://onggi@db.example/onggi --to ./onggi-data

Moves everything: users, API keys, definitions with their versions, executions, idempotency keys, with
their ids, times and secrets, so that every page answers byte for byte the same. Stop the servers
first: a data directory that is served is refused, and rows that are written meanwhile are noticed at
the end, when both stores are read once more and compared, table by table.

A copy that was interrupted, however it was, goes on where it was when the same command is given
again. Until it has ended no server starts on the target; nor does a copy to a target that holds
anything else. To begin anew, empty the target: remove the data directory, or drop the database.

Arguments can be read by every user of the machine: a password is better given by PGPASSFILE.)";

inline constexpr const char* export_store = R"(Examples:
  onggi export --from /var/lib/onggi onggi.ndjson
  onggi export --from postgres://onggi@db.example/onggi - | zstd > onggi.ndjson.zst

Shows one moment, also of a store that is served. The file holds SHA-256 hashes of API keys and
the secrets of webhooks: treat it as a secret. The format is docs/export-format.md.)";

inline constexpr const char* import_store = R"(Examples:
  onggi import --to ./onggi-data onggi.ndjson
  zstdcat onggi.ndjson.zst | onggi import --to postgres://onggi@db.example/onggi -

A line that is wrong ends it with its number and field. What was read before stays, and no server
starts on it: the same command goes on behind it, once the line is mended (in a file that has been
changed, leave sha256 out of the last line). To begin anew, empty the target: remove the data
directory, or drop the database. At the end everything is checked as onggi check does.)";

inline constexpr const char* config = R"(Examples:
  onggi config > onggi.toml
  ONGGI_WORKERS=4 onggi config --config onggi.toml

The output is a file for --config. Secrets are masked.)";

inline constexpr const char* openapi = R"(Example:
  onggi openapi > onggi.json)";

}  // namespace onggi::cli::help
