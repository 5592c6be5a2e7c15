#!/bin/sh
# Write requirements/run.txt and requirements/dev.txt anew from pyproject.toml: pinned, hashed, for Python 3.11 and
# later on every platform, naming no registry. Needs uv. `make lock UPGRADE=--upgrade` also takes newer versions.
set -eu
lock() {
    name=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
        --no-emit-find-links ${UPGRADE:-} -o "requirements/$name.txt" "$@" pyproject.toml
    {
        echo "# Pinned and hashed for Python 3.11 and later; written by \`make lock\` from pyproject.toml."
        grep -v '^# Pinned and hashed' "requirements/$name.txt"
    } >"requirements/$name.tmp"
    mv "requirements/$name.tmp" "requirements/$name.txt"
}
lock run
lock dev --group dev -c requirements/run.txt
