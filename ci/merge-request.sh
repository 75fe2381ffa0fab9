#!/usr/bin/env bash
# Checks what is checked out against the branch that it will be merged into: merge-request.sh BRANCH ARGUMENT…
#
# A pipeline's clone is shallow, so the branch's tip is fetched; without a branch everything is judged as new.
set -euo pipefail
branch=$1
shift
if [ -n "$branch" ]; then
  git fetch --quiet --no-tags --depth=1 origin "refs/heads/$branch"
  set -- --base FETCH_HEAD "$@"
fi
exec clearance check "$@"
