#!/bin/sh
# Make the virtual environment of this repository, or bring it up to date: the locked packages, then the project
# itself, editable. Called by `make setup` with the folder of the environment; needs Python 3.11 or later, and uses uv
# when there is one. Safe to repeat.
set -eu
venv=$1
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV || true

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in python3 python3.11 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "x No Python 3.11 or later found (tried python3, python3.11, python3.12, python3.13)." >&2
    echo "  Install one and run make again; on Debian or Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
}

if ! new_enough "$venv/bin/python"; then
    python=$(find_python)
    echo "Setting up $venv with $("$python" --version)"
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$("$python" -c 'import sys; print(sys.executable)')" "$venv"
    elif ! "$python" -m venv "$venv" >"$venv.log" 2>&1; then
        cat "$venv.log" >&2
        rm -rf "$venv" "$venv.log"
        echo "x $python cannot make a virtual environment." >&2
        echo "  Install its venv module (on Debian or Ubuntu: apt-get install python3-venv) or uv, and run make again." >&2
        exit 1
    fi
    rm -f "$venv.log"
fi

if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/dev.txt
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    pip="$venv/bin/python -m pip --disable-pip-version-check"
    $pip install --quiet --require-hashes -r requirements/dev.txt
    $pip install --quiet --no-deps --no-build-isolation -e .
fi
echo "Ready: $("$venv/bin/python" --version) in $venv"
