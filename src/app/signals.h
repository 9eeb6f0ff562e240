// SIGTERM and SIGINT as something that one thread waits for.
#pragma once

#include <csignal>

namespace onggi::app {

// Made before any other thread, so that all of them leave these signals alone. One object per
// process.
class Signals {
 public:
  Signals();

  // Blocks until the first one. From then on another ends the process at once, with 128 + its
  // number.
  int wait();

 private:
  sigset_t set_;
};

}  // namespace onggi::app
