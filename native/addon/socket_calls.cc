#include "addon/socket_calls.h"

#include <cstdint>
#include <optional>
#include <string>

#include "addon/from_js.h"
#include "addon/reader.h"
#include "addon/to_js.h"
#include "net/keepalive.h"
#include "net/tcp_info.h"
#include "relay/close_reason.h"

namespace warmline::addon {
namespace {

// nullopt with an exception pending: TypeScript lets no other value through.
std::optional<int> IntegerFrom(const Napi::Value& value, const char* what) {
  if (value.IsNumber()) return value.As<Napi::Number>().Int32Value();
  Napi::TypeError::New(value.Env(), std::string("socket calls contract: ") + what)
      .ThrowAsJavaScriptException();
  return std::nullopt;
}

// An outer nullopt with an exception pending; an inner one for JavaScript's null.
std::optional<std::optional<net::Keepalive>> KeepaliveOrNullFrom(const Napi::Value& value) {
  if (value.IsNull()) return std::optional<net::Keepalive>();
  const std::optional<net::Keepalive> keepalive = KeepaliveFrom(value);
  if (!keepalive.has_value()) return std::nullopt;
  return keepalive;
}

Napi::Value EffectiveToJs(Napi::Env env, const net::Result<net::EffectiveKeepalive>& effective) {
  if (!effective.ok()) return Failed(env, effective.error());
  return Succeeded(env, "effective", ToJs(env, effective.value()));
}

Napi::Value GetKeepalive(const Napi::CallbackInfo& info) {
  const std::optional<int> fd = IntegerFrom(info[0], "fd");
  if (!fd.has_value()) return info.Env().Undefined();
  return EffectiveToJs(info.Env(), net::ReadKeepalive(*fd));
}

Napi::Value SetKeepalive(const Napi::CallbackInfo& info) {
  const std::optional<int> fd = IntegerFrom(info[0], "fd");
  if (!fd.has_value()) return info.Env().Undefined();
  const auto keepalive = KeepaliveOrNullFrom(info[1]);
  if (!keepalive.has_value()) return info.Env().Undefined();
  if (const net::Status set = net::SetKeepalive(*fd, *keepalive); !set.ok()) {
    return Failed(info.Env(), set.error());
  }
  return EffectiveToJs(info.Env(), net::ReadKeepalive(*fd));
}

Napi::Value Milliseconds(Napi::Env env, std::uint32_t microseconds) {
  return Napi::Number::New(env, microseconds / 1000.0);
}

Napi::Object TcpInfoToJs(Napi::Env env, const net::TcpInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("state", info.state);
  object.Set("probes", info.probes);
  object.Set("retransmits", info.retransmits);
  object.Set("totalRetransmits", info.total_retransmits);
  object.Set("unacked", info.unacked);
  object.Set("notsent", info.notsent_bytes);
  object.Set("sendMss", info.send_mss);
  object.Set("sendWindow", info.send_window);
  object.Set("rtt", Milliseconds(env, info.rtt_us));
  object.Set("rttVariance", Milliseconds(env, info.rtt_variance_us));
  object.Set("lastAck", info.last_ack_ms);
  object.Set("lastSent", info.last_sent_ms);
  object.Set("payloadIdle", info.payload_idle_ms);
  object.Set("emptySegments", info.empty_segments);
  object.Set("bytesAcked", Number(env, info.bytes_acked));
  object.Set("bytesReceived", Number(env, info.bytes_received));
  return object;
}

Napi::Value GetTcpInfo(const Napi::CallbackInfo& info) {
  const std::optional<int> fd = IntegerFrom(info[0], "fd");
  if (!fd.has_value()) return info.Env().Undefined();
  const net::Result<net::TcpInfo> read = net::ReadTcpInfo(*fd);
  if (!read.ok()) return Failed(info.Env(), read.error());
  return Succeeded(info.Env(), "info", TcpInfoToJs(info.Env(), read.value()));
}

// The fields that a death is classified by.
std::optional<net::TcpInfo> DeathInfoFrom(const Napi::Value& value) {
  Reader reader(value);
  net::TcpInfo info;
  info.probes = reader.Integer<std::uint8_t>("probes");
  info.retransmits = reader.Integer<std::uint8_t>("retransmits");
  info.unacked = reader.Integer<std::uint32_t>("unacked");
  info.notsent_bytes = reader.Integer<std::uint32_t>("notsent");
  info.send_mss = reader.Integer<std::uint32_t>("sendMss");
  info.send_window = reader.Integer<std::uint32_t>("sendWindow");
  info.last_ack_ms = reader.Integer<std::uint32_t>("lastAck");
  if (!reader.ok()) return std::nullopt;
  return info;
}

Napi::Value ClassifyDeath(const Napi::CallbackInfo& info) {
  const std::optional<int> error = IntegerFrom(info[0], "errno");
  if (!error.has_value()) return info.Env().Undefined();
  const std::optional<net::TcpInfo> death = DeathInfoFrom(info[1]);
  if (!death.has_value()) return info.Env().Undefined();
  const auto keepalive = KeepaliveOrNullFrom(info[2]);
  if (!keepalive.has_value()) return info.Env().Undefined();
  const relay::LegEvent event = relay::ClassifyDeath(*error, *death, *keepalive);
  return Napi::String::New(info.Env(), relay::LegEventName(event));
}

}  // namespace

void ExportSocketCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("getKeepalive", Napi::Function::New<GetKeepalive>(env, "getKeepalive"));
  exports.Set("setKeepalive", Napi::Function::New<SetKeepalive>(env, "setKeepalive"));
  exports.Set("getTcpInfo", Napi::Function::New<GetTcpInfo>(env, "getTcpInfo"));
  exports.Set("classifyDeath", Napi::Function::New<ClassifyDeath>(env, "classifyDeath"));
}

}  // namespace warmline::addon
