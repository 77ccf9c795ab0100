// EngineWrap: the engine as a JavaScript object. JavaScript's thread only, but for Wake.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/events_to_js.h"
#include "engine/engine.h"

namespace warmline::addon {

// Owns the engine and the thread-safe function by which workers wake JavaScript. Both end in
// Shutdown, by close() or by the environment's cleanup hook when JavaScript did not get to it: a
// terminated Worker thread. The object keeps itself alive until the thread-safe function is gone.
class EngineWrap final : public Napi::ObjectWrap<EngineWrap> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit EngineWrap(const Napi::CallbackInfo& info);
  ~EngineWrap() override;
  EngineWrap(const EngineWrap&) = delete;
  EngineWrap& operator=(const EngineWrap&) = delete;

 private:
  Napi::Value Apply(const Napi::CallbackInfo& info);
  void Inspect(const Napi::CallbackInfo& info);
  void Retune(const Napi::CallbackInfo& info);
  Napi::Value TakeEvents(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  void StopAccepting(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  static void Wake(Napi::Env env, Napi::Function on_wake, EngineWrap* self, void* unused);
  static void OnEnvironmentEnd(void* self);
  void Shutdown();

  using WakeFunction = Napi::TypedThreadSafeFunction<EngineWrap, void, &EngineWrap::Wake>;

  EventsToJs events_to_js_;
  WakeFunction wake_;
  std::unique_ptr<engine::Engine> engine_;
  engine::EngineStats last_stats_;  // of an engine that was closed
};

}  // namespace warmline::addon
