#!/usr/bin/env bash
# Copies what was built here into prebuilds/linux-ARCH-LIBC, from where the package takes it to machines without a compiler.
# usage: npm run build:native && tools/prebuild.sh
# Tested for x64 with glibc. Prepared and untested: musl, by running both on Alpine; arm64, on such a machine or with
#   CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ npm run build:native -- --arch=arm64
#   STRIP=aarch64-linux-gnu-strip tools/prebuild.sh
set -euo pipefail
cd "$(dirname "$0")/.."

built=build/Release/warmline.node
# e_machine and DT_NEEDED: elf(5).
case $(od -An -tx2 -j18 -N2 "$built") in
  *3e*) arch=x64 ;;
  *b7*) arch=arm64 ;;
  *) echo "prebuild.sh: expected x64 or arm64 in $built, got another machine" >&2; exit 1 ;;
esac
if grep -q 'libc\.musl' "$built"; then libc=musl; else libc=glibc; fi

# What the docs promise (decision 0014); a newer machine to build on may make it ask for more.
for promised in GLIBC_2.34 GLIBCXX_3.4.29; do
  needed=$(grep -ao "${promised%_*}_[0-9.]*" "$built" | sort -Vu | tail -n 1 || true)
  if [[ $(printf '%s\n' "$needed" "$promised" | sort -V | tail -n 1) != "$promised" ]]; then
    echo "prebuild.sh: expected $built to need $promised at most, got $needed: build it on Debian 12 or an equal" >&2
    exit 1
  fi
done

folder=prebuilds/linux-$arch-$libc
mkdir -p "$folder"
"${STRIP:-strip}" --strip-unneeded -o "$folder/warmline.node" "$built"
# One file for every libc, stripped by its linker.
cp build/Release/libwarmline_preload.so "$folder/"
ls -l "$folder" >&2
