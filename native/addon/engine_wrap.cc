#include "addon/engine_wrap.h"

#include <cerrno>
#include <string>
#include <utility>

#include "addon/from_js.h"
#include "addon/to_js.h"

namespace warmline::addon {
namespace {

void ThrowStartFailure(Napi::Env env, const net::SysError& error) {
  Napi::Error failure =
      Napi::Error::New(env, std::string("the engine could not start: ") + error.call + " failed");
  failure.Set("errno", Napi::Number::New(env, error.err));
  failure.Set("syscall", Napi::String::New(env, error.call));
  failure.ThrowAsJavaScriptException();
}

}  // namespace

Napi::Function EngineWrap::Define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&EngineWrap::Apply>("apply"),
                         InstanceMethod<&EngineWrap::Inspect>("inspect"),
                         InstanceMethod<&EngineWrap::Retune>("retune"),
                         InstanceMethod<&EngineWrap::TakeEvents>("takeEvents"),
                         InstanceMethod<&EngineWrap::Stats>("stats"),
                         InstanceMethod<&EngineWrap::StopAccepting>("stopAccepting"),
                         InstanceMethod<&EngineWrap::Close>("close"),
                     });
}

EngineWrap::EngineWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineWrap>(info), events_to_js_(info.Env()) {
  const Napi::Env env = info.Env();
  if (env.IsExceptionPending()) return;
  const std::optional<OptionsFromJs> options = EngineOptionsFrom(info[0]);
  if (!options.has_value()) return;
  // Nothing wakes before the first plan, so the function to be called can come later; and when the
  // start fails there is none that would outlive this object.
  net::Result<std::unique_ptr<engine::Engine>> started = engine::Engine::Start({
      .workers = options->workers,
      .back_end = options->back_end,
      .event_capacity = options->event_capacity,
      .wake = [this] { (void)wake_.NonBlockingCall(); },
  });
  if (!started.ok()) {
    ThrowStartFailure(env, started.error());
    return;
  }
  // A queue without limit, but each batch of events makes one call, and the next not before it is
  // taken.
  wake_ = WakeFunction::New(env, options->on_wake, "warmline events", 0, 1, this,
                            [](Napi::Env, void*, EngineWrap* self) {
                              if (self->engine_ == nullptr) self->Unref();
                            });
  Ref();
  engine_ = std::move(started).value();
  // Added behind the thread-safe function's own hook, so it runs before it.
  (void)napi_add_env_cleanup_hook(env, &EngineWrap::OnEnvironmentEnd, this);
}

EngineWrap::~EngineWrap() { Shutdown(); }

Napi::Value EngineWrap::Apply(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<engine::Plan> plan = PlanFrom(info[0]);
  if (!plan.has_value()) return env.Undefined();
  if (engine_ == nullptr) {
    return ToJs(env,
                engine::Engine::ApplyResult(engine::ApplyFailure{{ESHUTDOWN, "apply"}, "", {}}));
  }
  return ToJs(env, engine_->Apply(*plan));
}

void EngineWrap::Inspect(const Napi::CallbackInfo& info) {
  if (engine_ == nullptr) return;
  engine_->Inspect(info[0].ToNumber().Uint32Value(), info[1].ToNumber().Uint32Value());
}

void EngineWrap::Retune(const Napi::CallbackInfo& info) {
  if (engine_ == nullptr) return;
  engine_->Retune(info[0].ToNumber().Uint32Value());
}

Napi::Value EngineWrap::TakeEvents(const Napi::CallbackInfo& info) {
  return engine_ == nullptr ? Napi::Array::New(info.Env())
                            : events_to_js_.Convert(engine_->TakeEvents());
}

Napi::Value EngineWrap::Stats(const Napi::CallbackInfo& info) {
  return ToJs(info.Env(), engine_ == nullptr ? last_stats_ : engine_->Stats());
}

void EngineWrap::StopAccepting(const Napi::CallbackInfo&) {
  if (engine_ != nullptr) engine_->StopAccepting();
}

Napi::Value EngineWrap::Close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (engine_ == nullptr) return Napi::Array::New(env);
  (void)napi_remove_env_cleanup_hook(env, &EngineWrap::OnEnvironmentEnd, this);
  engine_->Close();
  Napi::Array last = events_to_js_.Convert(engine_->TakeEvents());
  Shutdown();
  return last;
}

void EngineWrap::Wake(Napi::Env env, Napi::Function on_wake, EngineWrap* self, void*) {
  // A call that was under way when the environment or the engine ended has nobody to wake.
  if (env == nullptr || self->engine_ == nullptr) return;
  on_wake.Call({});
}

void EngineWrap::OnEnvironmentEnd(void* self) { static_cast<EngineWrap*>(self)->Shutdown(); }

// Joins the workers before it lets go of what they call.
void EngineWrap::Shutdown() {
  if (engine_ == nullptr) return;
  engine_->Close();
  last_stats_ = engine_->Stats();
  engine_.reset();
  (void)wake_.Release();
}

}  // namespace warmline::addon
