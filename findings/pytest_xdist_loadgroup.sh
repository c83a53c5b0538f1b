#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: `--dist loadgroup` no longer keeps the tests of one `xdist_group` on one worker.
# It says nothing: every test passes, but fixtures of module and session scope are made once for each worker, so a suite
# whose groups share something costly takes twice as long, and one whose groups share a state may fail.
# Why: the plugin marks a group's tests by writing to the item's private `_nodeid`; pytest 9.2.0 derives `nodeid` from
# elsewhere, so that the mark is not in what the scheduler sees. With pytest 9.1.1 it is, as `test[0]@one`.
# Seen: 9.1.1 gives "1 worker", 9.2.0 gives "2 workers".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > test_group.py <<'PYTHON'
import os
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_member(number):
    time.sleep(0.2)
    open("workers", "a").write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PYTHON
for expected in 9.1.1=1 9.2.0=2; do
  version=${expected%=*} workers=${expected#*=}
  python3 -m venv --clear venv
  venv/bin/python -m pip install --quiet --disable-pip-version-check "pytest==$version" pytest-xdist==3.8.0
  rm -f workers
  venv/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup test_group.py > output
  seen=$(sort -u workers | wc -l)
  echo "pytest $version, pytest-xdist 3.8.0: one group ran on $seen worker(s)"
  [ "$seen" -eq "$workers" ] || { echo "expected $workers: this has changed" >&2; exit 1; }
done
