#!/usr/bin/env bash
# Builds the native part once more with other flags, in variants/NAME, so that build/ stays what npm made it.
# usage: tools/variant.sh NAME [SANITIZERS]    such as: tools/variant.sh thread thread
# Run it through npm, which knows where node-gyp is. A second run compiles only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
sanitizers=${2-}
variant=variants/$name

mkdir -p "$variant"
find "$variant" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
# Copies keep their times, which make needs; links would lead the build back into the tree.
tar --exclude=./.git --exclude=./node_modules --exclude=./build --exclude=./variants --exclude=./prebuilds -c . | tar -x -C "$variant"
ln -s ../../node_modules "$variant/node_modules"

# Two calls: what stands behind `--` would reach make as well.
node-gyp configure --directory "$variant" --loglevel warn \
  ${sanitizers:+"--sanitize=$sanitizers"} -- -Dwarmline_tests=1
node-gyp build --directory "$variant" --jobs max --loglevel warn
