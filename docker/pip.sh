#!/bin/sh
# Runs pip for the tool's own environment, with the build secret `ca`, if there is one, as CA bundle.
set -eu
if [ -s /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca
fi
exec python3 -m pip --python /opt/keyrings-codeartifact/bin/python --disable-pip-version-check --quiet \
    --cache-dir /var/cache/pip "$@"
