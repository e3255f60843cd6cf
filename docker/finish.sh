#!/bin/sh
# finish.sh PREFIX: makes the commands that pip has installed below PREFIX ignore PYTHONPATH and the current folder, and
# compiles the modules, as the container's user cannot write there.  Unchecked, as layers do not keep exact times.
set -eu
prefix=$1
grep -lIr '^#!/opt/keyrings-codeartifact/bin/python$' "$prefix/bin" | xargs -r sed -i '1s/$/ -I/'
exec /opt/keyrings-codeartifact/bin/python -m compileall -q --invalidation-mode unchecked-hash "$prefix"
