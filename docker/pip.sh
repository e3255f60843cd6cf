#!/bin/sh
# pip for the build: no more than the pinned files, for the tool's own environment, trusting the build secret `ca`.
set -eu
if [ -s /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca
fi
exec python3 -m pip --python /opt/keyrings-codeartifact/bin/python --disable-pip-version-check --quiet \
    --cache-dir /var/cache/pip "$@"
