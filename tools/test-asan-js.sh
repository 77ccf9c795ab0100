#!/usr/bin/env bash
# Runs the JavaScript tests with the addon under AddressSanitizer and UndefinedBehaviorSanitizer.
# usage: tools/test-asan-js.sh [ava argument...]
set -euo pipefail
cd "$(dirname "$0")/.."

tools/variant.sh address address,undefined >&2
cd variants/address
# Node itself frees nothing at exit, so leaks are looked for in the native program only: tools/test-native.sh address.
LD_PRELOAD=$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 \
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
  node_modules/.bin/ava "$@"
