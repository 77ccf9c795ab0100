#include "addon/sock_diag_to_js.h"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "addon/reader.h"
#include "addon/to_js.h"
#include "net/fd.h"
#include "net/keepalive.h"
#include "net/pidfd.h"
#include "net/result.h"
#include "net/sock_diag.h"

namespace warmline::addon {
namespace {

Napi::Object SocketToJs(Napi::Env env, const net::TcpSocket& socket) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("local", socket.local.ToString());
  object.Set("peer", socket.peer.ToString());
  object.Set("state", socket.state);
  object.Set("timer", socket.timer);
  object.Set("tries", socket.tries);
  object.Set("expires", socket.expires_ms);
  object.Set("uid", socket.uid);
  object.Set("inode", socket.inode);
  const bool known = socket.activity.has_value();
  object.Set("lastHeard", known ? Number(env, socket.activity->last_heard_ms) : env.Null());
  object.Set("payloadIdle", known ? Number(env, socket.activity->payload_idle_ms) : env.Null());
  return object;
}

Napi::Array SocketsToJs(Napi::Env env, const std::vector<net::TcpSocket>& sockets) {
  Napi::Array list = Napi::Array::New(env, sockets.size());
  for (std::uint32_t index = 0; index < sockets.size(); ++index) {
    // A scope of its own: else all values of a hundred thousand sockets live until the return.
    const Napi::HandleScope scope(env);
    list.Set(index, SocketToJs(env, sockets[index]));
  }
  return list;
}

Napi::Value DumpTcpSockets(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Reader reader(info[0]);
  const net::DumpQuestion question{.network_namespace = reader.String("networkNamespace"),
                                   .limit = reader.Integer<std::uint32_t>("limit")};
  if (!reader.ok()) return env.Undefined();
  const net::Result<net::TcpDump> dump = net::DumpTcpSockets(question);
  if (!dump.ok()) return Failed(env, dump.error());
  Napi::Object result = Succeeded(env, "sockets", SocketsToJs(env, dump.value().sockets));
  result.Set("complete", dump.value().complete);
  return result;
}

// What a process is asked: its descriptors, and the sockets that they have to be.
struct Question {
  pid_t pid = 0;
  struct Socket {
    int fd = 0;
    std::uint32_t inode = 0;
  };
  std::vector<Socket> sockets;
};

std::optional<Question> QuestionFrom(const Napi::Value& value) {
  Question question;
  Reader reader(value);
  question.pid = reader.Integer<pid_t>("pid");
  reader.Array("sockets", [&question](const Napi::Value& each) {
    Reader socket(each);
    question.sockets.push_back(
        {.fd = socket.Integer<int>("fd"), .inode = socket.Integer<std::uint32_t>("inode")});
    return socket.ok();
  });
  return reader.ok() ? std::optional(question) : std::nullopt;
}

net::Result<net::EffectiveKeepalive> ReadOne(const net::Result<net::Fd>& process,
                                             const Question::Socket& asked) {
  if (!process.ok()) return process.error();
  const net::Result<net::Fd> socket =
      net::DuplicateSocket(process.value().get(), asked.fd, asked.inode);
  if (!socket.ok()) return socket.error();
  return net::ReadKeepalive(socket.value().get());
}

Napi::Value ReadKeepaliveOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<Question> question = QuestionFrom(info[0]);
  if (!question.has_value()) return env.Undefined();
  const net::Result<net::Fd> process = net::OpenProcess(question->pid);
  Napi::Array answers = Napi::Array::New(env, question->sockets.size());
  for (std::uint32_t index = 0; index < question->sockets.size(); ++index) {
    const Napi::HandleScope scope(env);
    const auto read = ReadOne(process, question->sockets[index]);
    answers.Set(index, read.ok() ? Succeeded(env, "effective", ToJs(env, read.value()))
                                 : Failed(env, read.error()));
  }
  return answers;
}

}  // namespace

void ExportSockDiag(Napi::Env env, Napi::Object exports) {
  exports.Set("dumpTcpSockets", Napi::Function::New<DumpTcpSockets>(env, "dumpTcpSockets"));
  exports.Set("readKeepaliveOf", Napi::Function::New<ReadKeepaliveOf>(env, "readKeepaliveOf"));
}

}  // namespace warmline::addon
