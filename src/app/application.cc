#include "app/application.h"

#include <spdlog/spdlog.h>

namespace onggi::app {
namespace {

// A batch is short; what hangs in the database is not waited for.
constexpr std::chrono::seconds job_grace{2};

http::ServerOptions server_options(const config::Options& options, const DataDirectory& directory) {
  http::Limits limits;
  limits.connections = static_cast<std::size_t>(options.max_connections);
  limits.turn_time = std::chrono::milliseconds(options.longest_wait_ms);
  return {.listen = options.listen,
          .control_socket = directory.control_address(),
          .tls_certificate = options.tls_cert,
          .tls_key = options.tls_key,
          .cors_origins = options.cors_origin,
          .loops = static_cast<int>(options.loops),
          .log_requests = options.log_requests,
          .limits = limits};
}

}  // namespace

Application::Application(const config::Options& options, Engine::ShowKey show_late_key)
    : engine_(options, clock_, std::move(show_late_key)),
      server_(server_options(options, engine_.directory), engine_.api, engine_.registry) {}

void Application::stop(std::chrono::milliseconds grace) {
  engine_.api.set_stopping();
  engine_.tell_jobs_to_stop();
  if (!server_.stop(grace)) spdlog::warn("stop_cut_connections grace_ms={}", grace.count());
  engine_.wait_for_jobs(job_grace);
  engine_.accesses.stop();
  engine_.upkeep->stop();
  // Nobody waits any more, but for what looks after the database by itself.
  engine_.storage->give_up();
}

}  // namespace onggi::app
