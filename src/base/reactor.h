// What an event loop offers to those that wait for something else than HTTP: descriptors and time.
//
// Everything here belongs to the loop's thread: calls come from it and call-backs run on it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace onggi {

class Reactor {
 public:
  virtual ~Reactor() = default;

  enum class Interest { read, write };

  // A descriptor that is looked at for as long as the object lives; whose it is does not change.
  class Watch {
   public:
    virtual ~Watch() = default;
    // Calls `ready` once, as soon as the descriptor can be read or written (or has failed): later,
    // never from within. One wait for each interest at a time. Destroying the watch forgets it.
    virtual void wait(Interest interest, std::move_only_function<void()> ready) = 0;
  };
  virtual std::unique_ptr<Watch> watch(int descriptor) = 0;

  // Something to be done later; destroying it forgets it.
  class Alarm {
   public:
    virtual ~Alarm() = default;
    // Calls `ring` once after `delay`; what was set before is forgotten.
    virtual void set(std::chrono::milliseconds delay, std::move_only_function<void()> ring) = 0;
  };
  virtual std::unique_ptr<Alarm> alarm() = 0;

  // Runs `last` before the loop's thread ends: what was made here must be gone afterwards.
  virtual void at_end(std::move_only_function<void()> last) = 0;
};

}  // namespace onggi
