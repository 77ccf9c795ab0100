#include "addon/from_js.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/reader.h"
#include "engine/worker.h"

namespace warmline::addon {
namespace {

std::optional<net::Address> AddressFrom(const Napi::Value& value) {
  Reader reader(value);
  if (reader.Field("path").IsString()) {
    std::optional<net::Address> address = net::Address::FromPath(reader.String("path"));
    if (!address.has_value()) reader.Fail("path");
    return address;
  }
  const std::string host = reader.String("host");
  const auto port = reader.Integer<std::uint16_t>("port");
  if (!reader.ok()) return std::nullopt;
  std::optional<net::Address> address = net::Address::FromIp(host, port);
  if (!address.has_value()) reader.Fail("host");
  return address;
}

std::vector<net::Address> AddressesFrom(Reader& reader, const char* key) {
  std::vector<net::Address> addresses;
  reader.Array(key, [&](const Napi::Value& value) {
    const std::optional<net::Address> address = AddressFrom(value);
    if (address.has_value()) addresses.push_back(*address);
    return address.has_value();
  });
  return addresses;
}

std::optional<net::Keepalive> OptionalKeepaliveFrom(Reader& reader, const char* key) {
  const Napi::Value value = reader.Field(key);
  if (value.IsNull()) return std::nullopt;
  std::optional<net::Keepalive> keepalive = KeepaliveFrom(value);
  if (!keepalive.has_value()) reader.Fail(key);
  return keepalive;
}

std::optional<bool> CloseOnDeathFrom(const std::string& name) {
  if (name == "close") return true;
  if (name == "reset") return false;
  return std::nullopt;
}

std::optional<engine::RoutePlan> RoutePlanFrom(const Napi::Value& value) {
  Reader reader(value);
  relay::Route route;
  route.name = reader.String("name");
  route.endpoints = AddressesFrom(reader, "endpoints");
  // A session counts its endpoints in 16 bits.
  if (route.endpoints.empty() ||
      route.endpoints.size() > std::numeric_limits<std::uint16_t>::max()) {
    reader.Fail("endpoints");
  }
  route.client = OptionalKeepaliveFrom(reader, "client");
  route.upstream = OptionalKeepaliveFrom(reader, "upstream");
  route.connect_timeout_ms = reader.Integer<std::uint32_t>("connectTimeout");
  route.half_close_timeout_ms = reader.Integer<std::uint32_t>("halfCloseTimeout");
  route.no_delay = reader.Boolean("noDelay");
  const std::optional<bool> close_on_death = CloseOnDeathFrom(reader.String("onDeath"));
  if (!close_on_death.has_value()) reader.Fail("onDeath");
  route.close_on_death = close_on_death.value_or(false);
  engine::RoutePlan plan;
  plan.listeners = AddressesFrom(reader, "listeners");
  plan.backlog = reader.Integer<int>("backlog");
  plan.route = std::make_shared<const relay::Route>(std::move(route));
  if (!reader.ok()) return std::nullopt;
  return plan;
}

std::optional<engine::SessionEvents> SessionEventsFrom(const std::string& name) {
  if (name == "all") return engine::SessionEvents::kAll;
  if (name == "failures") return engine::SessionEvents::kFailures;
  if (name == "none") return engine::SessionEvents::kNone;
  return std::nullopt;
}

std::optional<engine::BackEndChoice> BackEndFrom(const std::string& name) {
  if (name == "auto") return engine::BackEndChoice::kAuto;
  if (name == "epoll") return engine::BackEndChoice::kEpoll;
  if (name == "io_uring") return engine::BackEndChoice::kIoUring;
  return std::nullopt;
}

}  // namespace

std::optional<OptionsFromJs> EngineOptionsFrom(const Napi::Value& value) {
  Reader reader(value);
  const auto workers = reader.Integer<std::uint32_t>("workers");
  const std::optional<engine::BackEndChoice> back_end = BackEndFrom(reader.String("backEnd"));
  const auto event_capacity = reader.Integer<std::uint32_t>("eventCapacity");
  const Napi::Value on_wake = reader.Field("onWake");
  if (workers < 1 || workers > engine::kMaxWorkers) reader.Fail("workers");
  if (!back_end.has_value()) reader.Fail("backEnd");
  if (!on_wake.IsFunction()) reader.Fail("onWake");
  if (!reader.ok()) return std::nullopt;
  return OptionsFromJs{workers, *back_end, event_capacity, on_wake.As<Napi::Function>()};
}

std::optional<engine::Plan> PlanFrom(const Napi::Value& value) {
  Reader reader(value);
  engine::Plan plan;
  reader.Array("routes", [&](const Napi::Value& element) {
    std::optional<engine::RoutePlan> route = RoutePlanFrom(element);
    if (route.has_value()) plan.routes.push_back(std::move(*route));
    return route.has_value();
  });
  const std::optional<engine::SessionEvents> session_events =
      SessionEventsFrom(reader.String("sessionEvents"));
  if (!session_events.has_value()) reader.Fail("sessionEvents");
  if (!reader.ok()) return std::nullopt;
  plan.session_events = *session_events;
  return plan;
}

std::optional<net::Keepalive> KeepaliveFrom(const Napi::Value& value) {
  Reader reader(value);
  const net::Keepalive keepalive{reader.Integer<int>("idle"), reader.Integer<int>("interval"),
                                 reader.Integer<int>("count"), reader.Integer<int>("userTimeout")};
  if (!reader.ok()) return std::nullopt;
  return keepalive;
}

}  // namespace warmline::addon
