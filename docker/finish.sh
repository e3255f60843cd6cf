#!/bin/sh
# Finishes what pip has installed below PREFIX: its commands take no notice of PYTHONPATH and of the current folder, and
# its modules are compiled, for the user is not who may write there; by content, for layers keep no times.
set -eu
prefix=$1
grep -lIr '^#!/opt/keyrings-codeartifact/bin/python$' "$prefix/bin" | xargs -r sed -i '1s/$/ -I/'
exec /opt/keyrings-codeartifact/bin/python -m compileall -q --invalidation-mode unchecked-hash "$prefix"
