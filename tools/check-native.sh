#!/usr/bin/env bash
# Holds native/ and bench/native/ against .clang-format and .clang-tidy, C++ and the C of the preload library.
# usage: tools/check-native.sh
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(find native bench/native -name '*.cc' -o -name '*.c' -o -name '*.h' | sort)
mapfile -t units < <(find native bench/native -name '*.cc' | sort)
mapfile -t c_units < <(find native -name '*.c' | sort)
((${#units[@]} > 0 && ${#c_units[@]} > 0)) || { echo 'check-native.sh: found nothing to check' >&2; exit 1; }

clang-format --dry-run -Werror "${files[@]}"

# Headers of others are "system" headers: what they contain is not ours to mend.
flags=(
  -std=c++20 -Wreserved-identifier -Inative -DNAPI_VERSION=9 -DNAPI_DISABLE_CPP_EXCEPTIONS
  -isystem "$(node -p 'require("node-addon-api").include_dir')"
  -isystem "$(node -p 'require("path").resolve(process.execPath, "../../include/node")')"
)
c_flags=(-std=c11 -Wreserved-identifier -Inative -D_DEFAULT_SOURCE '-DWARMLINE_VERSION="0"')

# Runs clang-tidy on each file whose name is read, with the flags given.
tidy() {
  xargs -0 -I{} -P "$(nproc)" clang-tidy --quiet {} -- "$@" \
    2> >(grep -v 'warnings\? generated' >&2)
}
printf '%s\0' "${units[@]}" | tidy "${flags[@]}"
printf '%s\0' "${c_units[@]}" | tidy "${c_flags[@]}"

echo "check-native.sh: ${#files[@]} files formatted, $((${#units[@]} + ${#c_units[@]})) units clean"
