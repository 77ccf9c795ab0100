// EventsToJs: what the workers tell, as the objects of src/engine/events.ts.
#pragma once

#include <napi.h>

#include "engine/events.h"

namespace warmline::addon {

// JavaScript's thread only.
class EventsToJs {
 public:
  // When it fails, a JavaScript exception is pending and the object is of no use.
  explicit EventsToJs(Napi::Env env);

  // In the order of the batch, and at its end what was dropped.
  [[nodiscard]] Napi::Array Convert(const engine::EventQueue::Batch& batch) const;

 private:
  Napi::FunctionReference make_session_closed_;
};

}  // namespace warmline::addon
