// How far a move is, on standard error: one line that is written over on a terminal, else a line
// for each table and now and then.
#pragma once

#include <chrono>
#include <string>

#include "move/progress.h"

namespace onggi::cli {

class MoveProgress {
 public:
  MoveProgress();
  void show(const move::Progress& progress);
  move::Report report() {
    return [this](const move::Progress& progress) { show(progress); };
  }

 private:
  using Clock = std::chrono::steady_clock;

  const bool is_terminal_;
  std::string of_;  // what and which table
  Clock::time_point began_;
  Clock::time_point shown_;
};

}  // namespace onggi::cli
