#!/usr/bin/env bash
# gpu.sh PACKED RUN [ARGS...]: ten minutes of training where there is a GPU and many cores; goes on where it stopped.
# Samples are made by all cores but two while the GPU draws from those that are there; ARGS go to recipes.ct.train.
set -euo pipefail
packed=$1 run=$2
shift 2
pool=${POOL:-/tmp/coarse-pool} seconds=${SECONDS_LEFT:-540}
for seed in $(seq 1 $(($(nproc) > 3 ? $(nproc) - 2 : 1))); do
    python -m recipes.ct.samples "$packed" "$pool" --seconds "$seconds" --seed "$((seed + RANDOM * 100))" &
done
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
python -m recipes.ct.train "$pool" "$run" --seconds "$seconds" --steps 100000 --batch 8 --kept 1500 --rate 3e-3 \
    --widths 24 48 96 128 --depths 2 2 2 2 "$@"
python -m recipes.ct.export "$run/ema.pt" "$run/coarse.onnx"
