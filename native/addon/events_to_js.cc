#include "addon/events_to_js.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "addon/to_js.h"
#include "relay/close_reason.h"
#include "relay/route.h"
#include "relay/session.h"

namespace warmline::addon {
namespace {

// There is one such event for every session. V8 makes the object of a literal in one step, where
// properties that are set by name, one after the other, take several times as long
// (docs/performance.md).
constexpr const char* kMakeSessionClosed = R"js(
(session, route, reason, errno, syscall, evidence, duration, client, upstream, bytesToUpstream,
 bytesToClient, clientKeepalive, upstreamKeepalive) =>
  ({ type: 'sessionClosed', session, route, reason, errno, syscall, evidence, duration, client,
     upstream, bytesToUpstream, bytesToClient, clientKeepalive, upstreamKeepalive });
)js";

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
  object.Set("clientKeepalive", ToJs(env, info.client_keepalive));
  object.Set("upstreamKeepalive", ToJs(env, info.upstream_keepalive));
  object.Set("clientLiveness", LivenessToJs(env, info.client_liveness));
  object.Set("upstreamLiveness", LivenessToJs(env, info.upstream_liveness));
  return object;
}

// What the closed sessions of a batch have in common, made once. Lives in the batch's handle scope.
class SharedValues {
 public:
  struct Route {
    Napi::Value name;
    std::vector<Napi::Value> endpoints;
    Napi::Value client_keepalive;
    Napi::Value upstream_keepalive;
  };

  explicit SharedValues(Napi::Env js) : env_(js) {}

  // To be called before the scope of an event is opened: what it makes has to outlive it.
  void Remember(const engine::Event& event) {
    const auto* closed = std::get_if<relay::SessionClosed>(&event);
    if (closed == nullptr) return;
    Napi::Value& reason = reasons_[static_cast<std::size_t>(closed->ending.reason)];
    if (reason.IsEmpty()) {
      reason = Napi::String::New(env_, relay::CloseReasonName(closed->ending.reason));
    }
    const relay::Route& route = *closed->route;
    if (!routes_.contains(&route)) routes_.emplace(&route, MakeRoute(route));
  }

  [[nodiscard]] const Route& Of(const relay::Route& route) const { return routes_.at(&route); }
  [[nodiscard]] Napi::Value Of(relay::CloseReason reason) const {
    return reasons_[static_cast<std::size_t>(reason)];
  }

 private:
  [[nodiscard]] Route MakeRoute(const relay::Route& route) const {
    Route made{Napi::String::New(env_, route.name),
               {},
               ToJs(env_, route.client),
               ToJs(env_, route.upstream)};
    for (const auto& endpoint : route.endpoints) {
      made.endpoints.push_back(Napi::String::New(env_, endpoint.ToString()));
    }
    return made;
  }

  Napi::Env env_;
  std::unordered_map<const relay::Route*, Route> routes_;
  std::array<Napi::Value, relay::kCloseReasonCount> reasons_;
};

// Makes the object of one event; the switch over the kinds of events is std::visit's.
class EventMaker {
 public:
  EventMaker(Napi::Env js, const SharedValues& shared, Napi::Function make_session_closed)
      : env_(js), shared_(shared), make_session_closed_(make_session_closed) {}

  Napi::Value operator()(const relay::SessionClosed& closed) const {
    const SharedValues::Route& route = shared_.Of(*closed.route);
    const bool was_tried = closed.endpoint.has_value();
    // Nothing was applied to a unix socket, nor to an upstream that was never tried.
    const bool upstream_is_tcp = was_tried && !closed.route->endpoints[*closed.endpoint].is_unix();
    return make_session_closed_.Call({
        Number(env_, closed.session),
        route.name,
        shared_.Of(closed.ending.reason),
        Napi::Number::New(env_, closed.ending.cause.err),
        Napi::String::New(env_, closed.ending.cause.call),
        EvidenceToJs(env_, closed.ending.evidence),
        Number(env_, closed.duration_ms),
        Napi::String::New(env_, closed.client.ToString()),
        was_tried ? route.endpoints[*closed.endpoint] : Napi::String::New(env_, ""),
        Number(env_, closed.bytes_to_upstream),
        Number(env_, closed.bytes_to_client),
        closed.client.is_unix() ? env_.Null() : route.client_keepalive,
        upstream_is_tcp ? route.upstream_keepalive : env_.Null(),
    });
  }

  Napi::Value operator()(const relay::DialFailed& failed) const {
    Napi::Object object = Of("dialFailed");
    object.Set("session", Number(env_, failed.session));
    object.Set("route", failed.route->name);
    object.Set("endpoint", EndpointName(*failed.route, failed.endpoint));
    object.Set("reason", relay::CloseReasonName(failed.reason));
    SetCause(object, failed.cause);
    object.Set("willRetry", failed.will_retry);
    return object;
  }

  Napi::Value operator()(const relay::KeepaliveVerified& verified) const {
    Napi::Object object = Of("keepaliveVerified");
    object.Set("session", Number(env_, verified.session));
    object.Set("route", verified.route->name);
    object.Set("worker", engine::WorkerOf(verified.session));
    object.Set("client", ToJs(env_, verified.client));
    object.Set("upstream", ToJs(env_, verified.upstream));
    return object;
  }

  Napi::Value operator()(const engine::AcceptPaused& paused) const {
    Napi::Object object = Of("acceptPaused");
    object.Set("route", paused.route->name);
    SetCause(object, paused.cause);
    return object;
  }

  Napi::Value operator()(const engine::AcceptResumed& resumed) const {
    Napi::Object object = Of("acceptResumed");
    object.Set("route", resumed.route->name);
    object.Set("pausedFor", Number(env_, resumed.paused_ms));
    return object;
  }

  Napi::Value operator()(const relay::LivenessChanged& changed) const {
    Napi::Object object = Of("livenessChanged");
    object.Set("session", Number(env_, changed.session));
    object.Set("route", changed.route->name);
    object.Set("leg", LegName(changed.side));
    object.Set("client", changed.client.ToString());
    object.Set("upstream", EndpointName(*changed.route, changed.endpoint));
    SetLiveness(object, {changed.suspect, changed.info});
    return object;
  }

  Napi::Value operator()(const engine::Drained&) const { return Of("drained"); }

  Napi::Value operator()(const engine::Inspection& inspection) const {
    Napi::Array sessions = Napi::Array::New(env_, inspection.sessions.size());
    for (std::uint32_t index = 0; index < inspection.sessions.size(); ++index) {
      sessions.Set(index, SessionInfoToJs(env_, inspection.sessions[index]));
    }
    Napi::Object object = Of("inspection");
    object.Set("request", inspection.request);
    object.Set("sessions", sessions);
    return object;
  }

  Napi::Value operator()(const engine::Retuning& retuning) const {
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
    Napi::Object object = Of("retuning");
    object.Set("request", retuning.request);
    object.Set("routes", routes);
    return object;
  }

 private:
  [[nodiscard]] Napi::Object Of(const char* type) const {
    Napi::Object object = Napi::Object::New(env_);
    object.Set("type", type);
    return object;
  }

  Napi::Env env_;
  const SharedValues& shared_;
  Napi::Function make_session_closed_;
};

}  // namespace

EventsToJs::EventsToJs(Napi::Env env) {
  const Napi::Value made = env.RunScript(kMakeSessionClosed);
  if (!env.IsExceptionPending()) make_session_closed_ = Napi::Persistent(made.As<Napi::Function>());
}

Napi::Array EventsToJs::Convert(const engine::EventQueue::Batch& batch) const {
  const Napi::Env env = make_session_closed_.Env();
  Napi::Array events = Napi::Array::New(env);
  SharedValues shared(env);
  const EventMaker maker(env, shared, make_session_closed_.Value());
  std::uint32_t length = 0;
  for (const engine::Event& event : batch.events) {
    shared.Remember(event);
    // Each event's handles go at once, or a large batch would hold them all.
    const Napi::HandleScope scope(env);
    const Napi::Value made = std::visit(maker, event);
    // A Worker thread that is being terminated runs no more JavaScript, and nobody takes the
    // events.
    if (made.IsEmpty()) return events;
    events.Set(length++, made);
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
