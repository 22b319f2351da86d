#!/usr/bin/env bash
# Embed the knowledge base now, so that the first question does not wait for it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

stamp=$venv/.set-up-caches
wanted=$(hash_of reason_seg_ros/segmenters/embedded/knowledge/objects/*.yaml \
    reason_seg_ros/segmenters/embedded/language/*.py "$venv/.set-up-python")
if is_done "$stamp" "$wanted"; then exit; fi

say "Object knowledge: computing its sentence embeddings"
if "$venv/bin/python3" -m reason_seg_ros.segmenters.embedded.language.warm; then
    echo "$wanted" >"$stamp"
else
    note "that failed; the first question will try again"
fi
