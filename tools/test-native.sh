#!/usr/bin/env bash
# Runs the native unit tests as a plain program, without Node: all of them on each back end.
# usage: tools/test-native.sh [address|thread]
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1-} in
  '') variant=plain sanitizers= ;;
  address) variant=address sanitizers=address,undefined ;;
  thread) variant=thread sanitizers=thread ;;
  *) echo "test-native.sh: expected address, thread or nothing, got $1" >&2; exit 2 ;;
esac

tools/variant.sh "$variant" "$sanitizers" >&2
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
for back_end in epoll io_uring; do
  "variants/$variant/build/Release/native_test" "$back_end"
done
