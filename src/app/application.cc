#include "app/application.h"

#include <spdlog/spdlog.h>

namespace onggi::app {
namespace {

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
  if (!server_.stop(grace)) spdlog::warn("stop_cut_connections grace_ms={}", grace.count());
  engine_.accesses.stop();
  // Nobody waits any more, but for what looks after the database by itself.
  engine_.storage->give_up();
}

}  // namespace onggi::app
