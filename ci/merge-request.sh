#!/usr/bin/env bash
# Checks what is checked out against the branch that it will be merged into: merge-request.sh BRANCH ARGUMENT…
#
# A pipeline's clone is shallow, so the branch's tip is fetched; without a branch everything is judged as new.
set -euo pipefail
branch=$1
shift
if [ -n "$branch" ]; then
  git fetch --quiet --no-tags --depth=1 origin "refs/heads/$branch"
  tip=$(git rev-parse FETCH_HEAD)
  # What was wrong where the two part is not this change's fault: the clone is made deeper until that place is known.
  for commits in 50 500 5000 50000; do
    if git merge-base "$tip" HEAD >/dev/null || [ "$(git rev-parse --is-shallow-repository)" = false ]; then break; fi
    git fetch --quiet --no-tags --deepen="$commits" origin "$tip" "$(git rev-parse HEAD)" || break
  done
  set -- --base "$tip" "$@"
fi
exec clearance check "$@"
