// The server as a whole: built in order, stopped in reverse.
#pragma once

#include <string>
#include <vector>

#include "app/engine.h"
#include "http/server.h"

namespace onggi::app {

class Application {
 public:
  // Opens the store and binds the addresses; serves nothing yet. A database that cannot be reached
  // is waited for. Throws std::runtime_error with a message for the user.
  Application(const config::Options& options, Engine::ShowKey show_late_key);

  void start() {
    server_.start();
    engine_.run_jobs();
  }
  // Answers what is in flight, for at most `grace`; then everything may be destroyed.
  void stop(std::chrono::milliseconds grace);

  std::vector<std::string> addresses() const { return server_.addresses(); }
  const Engine& engine() const { return engine_; }

 private:
  SystemClock clock_;
  Engine engine_;
  http::Server server_;
};

}  // namespace onggi::app
