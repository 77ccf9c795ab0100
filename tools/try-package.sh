#!/usr/bin/env bash
# Packs what was built here and installs it as strangers would: one without a compiler, one who builds from source.
# usage: tools/try-package.sh    prints TAP; needs the registry for the dependencies
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tests=0

main() {
  tools/prebuild.sh
  npm pack --silent --ignore-scripts --pack-destination "$folder" >&2
  tarball=$(echo "$folder"/warmline-*.tgz)
  make_bare_path

  stranger=$folder/stranger
  mkdir "$stranger"
  cd "$stranger"
  check 'a machine without a compiler installs the package' \
    as_stranger npm install --no-audit --no-fund --foreground-scripts "$tarball"
  check 'nothing was built' test ! -e node_modules/warmline/build
  check 'it tells its version' as_stranger npx --no-install warmline --version
  check 'its selftest passes' as_stranger npx --no-install warmline selftest --quick
  check 'its configuration is checked' \
    as_stranger npx --no-install warmline check node_modules/warmline/config/warmline.yaml
  check 'it relays' relays
  check 'the preload library comes with it' as_stranger npx --no-install warmline preload --library
  check 'an ES module imports it' \
    as_stranger node --input-type=module --eval "import { getKeepalive } from 'warmline'; $ask_it"
  check 'CommonJS requires it' as_stranger node --input-type=commonjs --eval \
    "const { getKeepalive } = require('warmline'); $ask_it"

  for prebuilt in node_modules/warmline/prebuilds/*/warmline.node; do echo broken >"$prebuilt"; done
  check 'a binary that does not load, and no compiler: what is missing is said' says_what_is_missing
  check 'and without npm, that npm is' says_npm_is_missing

  mkdir "$folder/a builder"
  cd "$folder/a builder"
  check 'a stranger who asks for it builds the package, also in a folder with a blank' \
    npm install --no-audit --no-fund --build-from-source "$tarball"
  check 'it was built' test -e node_modules/warmline/build/Release/warmline.node
  check 'what was built tells its version' npx --no-install warmline --version
  echo "1..$tests"
}

# A descriptor that is not open is refused by the kernel, so the native part was loaded and asked.
ask_it="try { getKeepalive(1000000) } catch ({ code }) { process.exitCode = code === 'WL_SOCKET' ? 0 : 1 }"

# A PATH with Node, a shell and what npm and npx need, and nothing that compiles.
make_bare_path() {
  bare=$folder/bin
  mkdir "$bare"
  local name
  for name in node npm npx sh env; do ln -s "$(command -v "$name")" "$bare/$name"; done
}

as_stranger() {
  env "PATH=$bare" "$@"
}

# Starts the relay with its echo endpoint, and sends a word through it.
relays() {
  local log=$stranger/log pid port answer
  # Below the ports that the kernel gives away by itself.
  local echo=127.0.0.1:$((20000 + RANDOM % 10000))
  # In place of the shell, so that the pid is the relay's.
  (exec env "PATH=$bare" node node_modules/.bin/warmline run --listen 127.0.0.1:0 --upstream "$echo" \
    --echo "$echo" >"$log" 2>&1) &
  pid=$!
  port=$(timeout 20 sh -c "until grep -o '\"listening\".*' '$log'; do sleep 0.1; done" |
    grep -o '127\.0\.0\.1:[0-9]*' | head -1 | cut -d: -f2)
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  echo ping >&3
  read -r -t 10 answer <&3
  exec 3>&-
  kill "$pid"
  # 0 is a stop in good order.
  wait "$pid" && [[ $answer == ping ]]
}

says_what_is_missing() {
  ! as_stranger npm rebuild --foreground-scripts warmline >"$stranger/said" 2>&1 &&
    grep -q '^warmline: building the native part, for the binary .* does not load here: ' "$stranger/said" &&
    grep -q '^warmline: the build failed. It needs python3, make and g++' "$stranger/said"
}

says_npm_is_missing() {
  ! as_stranger node node_modules/warmline/native/install.js >"$stranger/said" 2>&1 &&
    grep -q '^warmline: node-gyp does not start (ENOENT). npm brings it along: npm rebuild warmline' "$stranger/said"
}

# Runs a command and tells its outcome as a line of TAP, with its output behind it when it fails.
check() {
  local title=$1
  shift
  tests=$((tests + 1))
  if "$@" >"$folder/output" 2>&1; then
    echo "ok $tests - package: $title"
  else
    echo "not ok $tests - package: $title"
    sed 's/^/# /' "$folder/output"
  fi
}

main
