# Three targets: the engine as a static library that knows nothing of Node, the addon around it, and,
# only with `-- -Dwarmline_tests=1`, the plain program that tests the library. `--sanitize=thread`
# (or address,undefined) builds all of it under sanitizers.
{
  "variables": {
    "warmline_tests%": 0,
    "sanitize%": "",
    "warnings": [
      "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
      "-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Wimplicit-fallthrough",
    ],
    "c_warnings": ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion"],
  },
  "target_defaults": {
    "include_dirs": ["native"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++20", "<@(warnings)"],
    "cflags": ["-fvisibility=hidden", "-fstack-protector-strong"],
    "conditions": [
      ["sanitize==''", {
        "defines": ["_FORTIFY_SOURCE=2"],
      }, {
        "cflags": ["-fsanitize=<(sanitize)", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g1"],
        # Behind the -O3 that Node's own settings bring, which takes twice as long to compile.
        "cflags_cc": ["-O1"],
        "ldflags": ["-fsanitize=<(sanitize)"],
      }],
    ],
  },
  "targets": [
    {
      "target_name": "warmline_core",
      "type": "static_library",
      "sources": [
        "native/net/address.cc",
        "native/net/exec.cc",
        "native/net/fd.cc",
        "native/net/fd_limit.cc",
        "native/net/keepalive.cc",
        "native/net/kernel_support.cc",
        "native/net/network_namespace.cc",
        "native/net/pidfd.cc",
        "native/net/sock_diag.cc",
        "native/net/socket.cc",
        "native/net/tcp_info.cc",
        "native/relay/close_reason.cc",
        "native/relay/flow.cc",
        "native/relay/half_close.cc",
        "native/relay/liveness.cc",
        "native/relay/pipe_pool.cc",
        "native/relay/session.cc",
        "native/relay/session_aborting.cc",
        "native/relay/session_dialing.cc",
        "native/relay/session_keepalive.cc",
        "native/relay/session_relaying.cc",
        "native/relay/timers.cc",
        "native/relay/zero_window.cc",
        "native/engine/acceptor.cc",
        "native/engine/back_end.cc",
        "native/engine/engine.cc",
        "native/engine/events.cc",
        "native/engine/exchange.cc",
        "native/engine/io_uring.cc",
        "native/engine/listener.cc",
        "native/engine/mailbox.cc",
        "native/engine/poller.cc",
        "native/engine/retuner.cc",
        "native/engine/sweeper.cc",
        "native/engine/system_calls.cc",
        "native/engine/thread.cc",
        "native/engine/worker.cc",
      ],
    },
    {
      "target_name": "warmline",
      "dependencies": ["warmline_core"],
      "sources": [
        "native/addon/addon.cc",
        "native/addon/engine_wrap.cc",
        "native/addon/events_to_js.cc",
        "native/addon/from_js.cc",
        "native/addon/kernel_calls.cc",
        "native/addon/sock_diag_to_js.cc",
        "native/addon/socket_calls.cc",
        "native/addon/to_js.cc",
      ],
      # -isystem: the warnings are for our own code. Seen from build/, where the compiler runs: a whole path may have blanks.
      "cflags_cc": ["-isystem", "<!(node -p \"path.relative('build', path.dirname(require.resolve('node-addon-api')))\")"],
      # The last: a Worker thread that is being terminated runs no more JavaScript, and cannot be told so.
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      ],
    },
    {
      # Goes into programs of others: plain C, libc alone, as small as it gets, and never under a sanitizer.
      "target_name": "warmline_preload",
      "product_prefix": "lib",
      # A condition, because node-gyp says "node" in one.
      "target_conditions": [["_type=='loadable_module'", {"product_extension": "so"}]],
      "sources": [
        "native/preload/environment.c",
        "native/preload/next.c",
        "native/preload/ours.c",
        "native/preload/preload.c",
        "native/preload/presets.c",
        "native/preload/rules.c",
        "native/preload/settings.c",
        "native/preload/socket_options.c",
        "native/preload/words.c",
      ],
      "defines": ["_DEFAULT_SOURCE", "WARMLINE_VERSION=\"<!(node -p \"require('./package.json').version\")\""],
      "cflags!": ["-fsanitize=<(sanitize)", "-fno-sanitize-recover=all", "-g1"],
      "cflags_c": ["-std=c11", "-Os", "<@(c_warnings)"],
      "ldflags!": ["-fsanitize=<(sanitize)", "-rdynamic"],
      # The linker is that of C++ programs, whose libraries have no place in here.
      "ldflags": ["-nodefaultlibs", "-Wl,-s", "-Wl,-z,relro,-z,now,-z,noseparate-code"],
      "libraries": ["-lc"],
    },
  ],
  "conditions": [
    ["warmline_tests==1", {
      # Errors only where we test: a user's newer compiler may know a warning that ours does not. And not
      # under sanitizers, which make GCC see uninitialized values that are none.
      "target_defaults": {"conditions": [["sanitize==''", {"cflags": ["-Werror"]}]]},
      "targets": [
        {
          "target_name": "native_test",
          "type": "executable",
          "dependencies": ["warmline_core"],
          "sources": ["<!@(ls native/test/*.cc)"],
          # What is tested is compiled as it is shipped; the tests themselves need not be.
          "cflags_cc": ["-O1"],
        },
      ],
    }],
  ],
}
