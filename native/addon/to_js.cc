#include "addon/to_js.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "relay/close_reason.h"

namespace warmline::addon {
namespace {

Napi::Object LegStatsToJs(Napi::Env env, const engine::LegStats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("suspect", Number(env, stats.suspect));
  object.Set("suspected", Number(env, stats.suspected));
  object.Set("proven", Number(env, stats.proven));
  object.Set("emptySegments", Number(env, stats.empty_segments));
  return object;
}

Napi::Object RouteStatsToJs(Napi::Env env, const engine::RouteStats& stats) {
  Napi::Object closed = Napi::Object::New(env);
  for (std::size_t reason = 0; reason < stats.closed.size(); ++reason) {
    if (stats.closed[reason] == 0) continue;
    closed.Set(relay::CloseReasonName(static_cast<relay::CloseReason>(reason)),
               Number(env, stats.closed[reason]));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("route", stats.route);
  object.Set("accepted", Number(env, stats.accepted));
  object.Set("active", Number(env, stats.active));
  object.Set("bytesToUpstream", Number(env, stats.bytes_to_upstream));
  object.Set("bytesToClient", Number(env, stats.bytes_to_client));
  object.Set("dialFailures", Number(env, stats.dial_failures));
  object.Set("acceptPauses", Number(env, stats.accept_pauses));
  object.Set("closed", closed);
  for (const relay::Side side : {relay::Side::kClient, relay::Side::kUpstream}) {
    object.Set(LegName(side), LegStatsToJs(env, stats.legs[static_cast<std::size_t>(side)]));
  }
  return object;
}

}  // namespace

Napi::Value Number(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Value ToJs(Napi::Env env, const std::optional<net::Keepalive>& keepalive) {
  if (!keepalive.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("idle", keepalive->idle_s);
  object.Set("interval", keepalive->interval_s);
  object.Set("count", keepalive->count);
  object.Set("userTimeout", keepalive->user_timeout_ms);
  return object;
}

Napi::Value ToJs(Napi::Env env, const std::optional<net::EffectiveKeepalive>& effective) {
  if (!effective.has_value()) return env.Null();
  return ToJs(env, *effective);
}

const char* LegName(relay::Side side) {
  return side == relay::Side::kClient ? "client" : "upstream";
}

void SetCause(Napi::Object& object, const net::SysError& cause) {
  object.Set("errno", cause.err);
  object.Set("syscall", cause.call);
}

Napi::Object ToJs(Napi::Env env, const net::SysError& error) {
  Napi::Object object = Napi::Object::New(env);
  SetCause(object, error);
  return object;
}

Napi::Object Failed(Napi::Env env, const net::SysError& error) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ok", false);
  result.Set("failure", ToJs(env, error));
  return result;
}

Napi::Object Succeeded(Napi::Env env, const char* key, const Napi::Value& value) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ok", true);
  result.Set(key, value);
  return result;
}

Napi::Object ToJs(Napi::Env env, const net::EffectiveKeepalive& effective) {
  Napi::Object object = ToJs(env, std::optional(effective.values)).As<Napi::Object>();
  object.Set("enabled", effective.enabled);
  return object;
}

Napi::Object ToJs(Napi::Env env, const engine::Engine::ApplyResult& result) {
  Napi::Object object = Napi::Object::New(env);
  if (const auto* failure = std::get_if<engine::ApplyFailure>(&result)) {
    object.Set("ok", false);
    object.Set("failure", ToJs(env, failure->error));
    object.Set("route", failure->route);
    object.Set("address", failure->address.ToString());
    return object;
  }
  const auto& open = std::get<std::vector<engine::OpenListener>>(result);
  Napi::Array listeners = Napi::Array::New(env, open.size());
  for (std::uint32_t index = 0; index < open.size(); ++index) {
    Napi::Object listener = Napi::Object::New(env);
    listener.Set("route", open[index].route);
    listener.Set("address", open[index].address.ToString());
    listeners.Set(index, listener);
  }
  object.Set("ok", true);
  object.Set("listeners", listeners);
  return object;
}

Napi::Object ToJs(Napi::Env env, const engine::EngineStats& stats) {
  std::uint64_t active = 0;
  Napi::Array routes = Napi::Array::New(env, stats.routes.size());
  for (std::uint32_t index = 0; index < stats.routes.size(); ++index) {
    active += stats.routes[index].active;
    routes.Set(index, RouteStatsToJs(env, stats.routes[index]));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("workers", Number(env, stats.workers));
  object.Set("active", Number(env, active));
  object.Set("backEnd", stats.back_end == engine::BackEndKind::kIoUring ? "io_uring" : "epoll");
  object.Set("ringRefused", stats.ring_refused.has_value()
                                ? Napi::Value(ToJs(env, *stats.ring_refused))
                                : env.Null());
  object.Set("eventsDropped", Number(env, stats.events_dropped));
  object.Set("routes", routes);
  return object;
}

}  // namespace warmline::addon
