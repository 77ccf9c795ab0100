// Addon: what JavaScript gets from `require`. One per environment; no state of its own.
#include <napi.h>

#include "addon/engine_wrap.h"
#include "addon/from_js.h"
#include "addon/kernel_calls.h"
#include "addon/sock_diag_to_js.h"
#include "addon/socket_calls.h"
#include "addon/to_js.h"
#include "net/fd_limit.h"
#include "net/keepalive.h"
#include "relay/close_reason.h"

namespace warmline::addon {
namespace {

Napi::Value ProbeKeepalive(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<net::Keepalive> keepalive = KeepaliveFrom(info[0]);
  if (!keepalive.has_value()) return env.Undefined();
  const net::Result<net::EffectiveKeepalive> effective = net::ProbeKeepalive(*keepalive);
  if (!effective.ok()) return Failed(env, effective.error());
  return Succeeded(env, "effective", ToJs(env, effective.value()));
}

Napi::Value RaiseFdLimit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const net::Result<net::FdLimit> raised = net::RaiseFdLimit();
  if (!raised.ok()) return Failed(env, raised.error());
  Napi::Object limit = Napi::Object::New(env);
  limit.Set("soft", static_cast<double>(raised.value().soft));
  limit.Set("hard", static_cast<double>(raised.value().hard));
  return Succeeded(env, "limit", limit);
}

Napi::Array CloseReasons(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env, relay::kCloseReasonCount);
  for (std::uint32_t index = 0; index < relay::kCloseReasonCount; ++index) {
    names.Set(index, relay::CloseReasonName(static_cast<relay::CloseReason>(index)));
  }
  return names;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", EngineWrap::Define(env));
  exports.Set("probeKeepalive", Napi::Function::New<ProbeKeepalive>(env, "probeKeepalive"));
  exports.Set("raiseFdLimit", Napi::Function::New<RaiseFdLimit>(env, "raiseFdLimit"));
  exports.Set("closeReasons", CloseReasons(env));
  ExportSocketCalls(env, exports);
  ExportKernelCalls(env, exports);
  ExportSockDiag(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(warmline, Init)

}  // namespace warmline::addon
