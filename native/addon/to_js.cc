#include "addon/to_js.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "relay/close_reason.h"

namespace warmline::addon {
namespace {

// JavaScript

Napi::Value Number(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Value KeepaliveToJs(Napi::Env env, const std::optional<net::Keepalive>& keepalive) {
  if (!keepalive.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("idle", keepalive->idle_s);
  object.Set("interval", keepalive->interval_s);
  object.Set("count", keepalive->count);
  object.Set("userTimeout", keepalive->user_timeout_ms);
  return object;
}

Napi::Value EffectiveToJs(Napi::Env env, const std::optional<net::EffectiveKeepalive>& effective) {
  if (!effective.has_value()) return env.Null();
  return ToJs(env, *effective);
}

Napi::Value EvidenceToJs(Napi::Env env, const std::optional<relay::Evidence>& evidence) {
  if (!evidence.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("probes", evidence->probes);
  object.Set("retransmits", evidence->retransmits);
  object.Set("notsent", evidence->notsent_bytes);
  object.Set("lastAck", evidence->last_ack_ms);
  return object;
}

void SetLiveness(Napi::Object& object, const engine::LegLiveness& liveness) {
  object.Set("state", liveness.suspect ? "suspect" : "proven");
  object.Set("lastAck", liveness.info.last_ack_ms);
  object.Set("payloadIdle", liveness.info.payload_idle_ms);
  object.Set("probes", liveness.info.probes);
  object.Set("retransmits", liveness.info.retransmits);
}

Napi::Value LivenessToJs(Napi::Env env, const std::optional<engine::LegLiveness>& liveness) {
  if (!liveness.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  SetLiveness(object, *liveness);
  object.Set("emptySegments", liveness->info.empty_segments);
  return object;
}

const char* LegName(relay::Side side) {
  return side == relay::Side::kClient ? "client" : "upstream";
}

std::string EndpointName(const relay::Route& route, std::optional<std::uint16_t> endpoint) {
  return endpoint.has_value() ? route.endpoints[*endpoint].ToString() : "";
}

const char* StateName(relay::Session::State state) {
  switch (state) {
    case relay::Session::State::kDialing: return "dialing";
    case relay::Session::State::kRelaying: return "relaying";
    case relay::Session::State::kFinishing: return "finishing";
    case relay::Session::State::kAborting: return "aborting";
    case relay::Session::State::kClosed: return "closed";
  }
  return "";
}

void SetCause(Napi::Object& object, const net::SysError& cause) {
  object.Set("errno", cause.err);
  object.Set("syscall", cause.call);
}

Napi::Object SessionInfoToJs(Napi::Env env, const engine::SessionInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("session", Number(env, info.session));
  object.Set("route", info.route->name);
  object.Set("worker", engine::WorkerOf(info.session));
  object.Set("state", StateName(info.state));
  object.Set("age", Number(env, info.age_ms));
  object.Set("client", info.client.ToString());
  object.Set("upstream", EndpointName(*info.route, info.endpoint));
  object.Set("bytesToUpstream", Number(env, info.bytes_to_upstream));
  object.Set("bytesToClient", Number(env, info.bytes_to_client));
  object.Set("clientKeepalive", EffectiveToJs(env, info.client_keepalive));
  object.Set("upstreamKeepalive", EffectiveToJs(env, info.upstream_keepalive));
  object.Set("clientLiveness", LivenessToJs(env, info.client_liveness));
  object.Set("upstreamLiveness", LivenessToJs(env, info.upstream_liveness));
  return object;
}

// The keepalives of routes as objects. The sessions of a route that end in one batch share them,
// for they are a third of what an event is made of. Lives in the batch's handle scope.
class RouteKeepalives {
 public:
  struct Legs {
    Napi::Value client;
    Napi::Value upstream;
  };

  explicit RouteKeepalives(Napi::Env js) : env_(js) {}

  // To be called before the scope of an event is opened: what it makes has to outlive it.
  void Remember(const engine::Event& event) {
    const auto* closed = std::get_if<relay::SessionClosed>(&event);
    if (closed == nullptr || legs_.contains(closed->route.get())) return;
    const relay::Route& route = *closed->route;
    legs_.emplace(&route,
                  Legs{KeepaliveToJs(env_, route.client), KeepaliveToJs(env_, route.upstream)});
  }

  [[nodiscard]] const Legs& Of(const relay::Route& route) const { return legs_.at(&route); }

 private:
  Napi::Env env_;
  std::unordered_map<const relay::Route*, Legs> legs_;
};

// Fills the object of one event; the switch over the kinds of events is std::visit's.
class EventWriter {
 public:
  EventWriter(Napi::Env js, Napi::Object& target, const RouteKeepalives& keepalives)
      : env_(js), object_(target), keepalives_(keepalives) {}

  void operator()(const relay::SessionClosed& closed) const {
    object_.Set("type", "sessionClosed");
    object_.Set("session", Number(env_, closed.session));
    object_.Set("route", closed.route->name);
    object_.Set("reason", relay::CloseReasonName(closed.ending.reason));
    SetCause(object_, closed.ending.cause);
    object_.Set("evidence", EvidenceToJs(env_, closed.ending.evidence));
    object_.Set("duration", Number(env_, closed.duration_ms));
    object_.Set("client", closed.client.ToString());
    object_.Set("upstream", EndpointName(*closed.route, closed.endpoint));
    object_.Set("bytesToUpstream", Number(env_, closed.bytes_to_upstream));
    object_.Set("bytesToClient", Number(env_, closed.bytes_to_client));
    // Nothing was applied to a unix socket, nor to an upstream that was never tried.
    const bool upstream_is_tcp =
        closed.endpoint.has_value() && !closed.route->endpoints[*closed.endpoint].is_unix();
    const RouteKeepalives::Legs& legs = keepalives_.Of(*closed.route);
    object_.Set("clientKeepalive", closed.client.is_unix() ? env_.Null() : legs.client);
    object_.Set("upstreamKeepalive", upstream_is_tcp ? legs.upstream : env_.Null());
  }

  void operator()(const relay::DialFailed& failed) const {
    object_.Set("type", "dialFailed");
    object_.Set("session", Number(env_, failed.session));
    object_.Set("route", failed.route->name);
    object_.Set("endpoint", EndpointName(*failed.route, failed.endpoint));
    object_.Set("reason", relay::CloseReasonName(failed.reason));
    SetCause(object_, failed.cause);
    object_.Set("willRetry", failed.will_retry);
  }

  void operator()(const relay::KeepaliveVerified& verified) const {
    object_.Set("type", "keepaliveVerified");
    object_.Set("session", Number(env_, verified.session));
    object_.Set("route", verified.route->name);
    object_.Set("worker", engine::WorkerOf(verified.session));
    object_.Set("client", EffectiveToJs(env_, verified.client));
    object_.Set("upstream", EffectiveToJs(env_, verified.upstream));
  }

  void operator()(const engine::AcceptPaused& paused) const {
    object_.Set("type", "acceptPaused");
    object_.Set("route", paused.route->name);
    SetCause(object_, paused.cause);
  }

  void operator()(const engine::AcceptResumed& resumed) const {
    object_.Set("type", "acceptResumed");
    object_.Set("route", resumed.route->name);
    object_.Set("pausedFor", Number(env_, resumed.paused_ms));
  }

  void operator()(const relay::LivenessChanged& changed) const {
    object_.Set("type", "livenessChanged");
    object_.Set("session", Number(env_, changed.session));
    object_.Set("route", changed.route->name);
    object_.Set("leg", LegName(changed.side));
    object_.Set("client", changed.client.ToString());
    object_.Set("upstream", EndpointName(*changed.route, changed.endpoint));
    SetLiveness(object_, {changed.suspect, changed.info});
  }

  void operator()(const engine::Drained&) const { object_.Set("type", "drained"); }

  void operator()(const engine::Inspection& inspection) const {
    Napi::Array sessions = Napi::Array::New(env_, inspection.sessions.size());
    for (std::uint32_t index = 0; index < inspection.sessions.size(); ++index) {
      sessions.Set(index, SessionInfoToJs(env_, inspection.sessions[index]));
    }
    object_.Set("type", "inspection");
    object_.Set("request", inspection.request);
    object_.Set("sessions", sessions);
  }

  void operator()(const engine::Retuning& retuning) const {
    Napi::Array routes = Napi::Array::New(env_, retuning.routes.size());
    for (std::uint32_t index = 0; index < retuning.routes.size(); ++index) {
      const engine::RouteRetuning& counted = retuning.routes[index];
      Napi::Object route = Napi::Object::New(env_);
      route.Set("route", counted.route);
      route.Set("retuned", Number(env_, counted.retuned));
      route.Set("unchanged", Number(env_, counted.unchanged));
      route.Set("failed", Number(env_, counted.failed));
      routes.Set(index, route);
    }
    object_.Set("type", "retuning");
    object_.Set("request", retuning.request);
    object_.Set("routes", routes);
  }

 private:
  Napi::Env env_;
  Napi::Object& object_;
  const RouteKeepalives& keepalives_;
};

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

Napi::Object ToJs(Napi::Env env, const net::SysError& error) {
  Napi::Object object = Napi::Object::New(env);
  SetCause(object, error);
  return object;
}

Napi::Object ToJs(Napi::Env env, const net::EffectiveKeepalive& effective) {
  Napi::Object object = KeepaliveToJs(env, effective.values).As<Napi::Object>();
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

Napi::Array ToJs(Napi::Env env, const engine::EventQueue::Batch& batch) {
  Napi::Array events = Napi::Array::New(env);
  RouteKeepalives keepalives(env);
  std::uint32_t length = 0;
  for (const engine::Event& event : batch.events) {
    keepalives.Remember(event);
    // Each event's handles go at once, or a large batch would hold them all.
    const Napi::HandleScope scope(env);
    Napi::Object object = Napi::Object::New(env);
    std::visit(EventWriter(env, object, keepalives), event);
    events.Set(length++, object);
  }
  if (batch.dropped > 0) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("type", "dropped");
    object.Set("count", Number(env, batch.dropped));
    events.Set(length, object);
  }
  return events;
}

}  // namespace warmline::addon
