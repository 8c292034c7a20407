#!/usr/bin/env bash
# Ten minutes on a machine with a GPU: labels, painted scans, a run, a bundle. The same command goes on where it stopped.
#
#     bash recipes/ct/gpu.sh ../shared/data/ct runs            # --free after it: scans of free licences alone
#
# Scans come from the data beside the checkout, or where PLEURA_SHARED points. PAINT and TRAIN are seconds for painting, on
# all cores, and for training; DEVICE=cpu tries all of it without a GPU.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=$1 runs=$2
shift 2
mkdir -p "$runs"
cores=$(nproc)
export OMP_NUM_THREADS=1

if [ ! -e "$runs/labels.done" ]; then
  python -m recipes.ct.label "$runs/labels"
  touch "$runs/labels.done"
fi

if [ ! -e "$runs/slices.done" ]; then
  painters=()
  for seed in $(seq "$cores"); do
    python -m recipes.ct.slice_samples "$runs/labels" "$runs/slices" --seconds "${PAINT:-120}" --seed "$seed" --folds 1 2 3 &
    painters+=($!)
  done
  for painter in "${painters[@]}"; do wait "$painter"; done
  touch "$runs/slices.done"
fi

# a state is kept every 100 steps, so that a run that is ended loses few
timeout "${TRAIN:-360}" python -m recipes.ct.slice_train "$data" "$runs/slices" "$runs/run" \
  --device "${DEVICE:-cuda}" --workers $((cores - 1)) --threads 1 --steps 6000 --rate 8e-4 "$@" || [ $? = 124 ]

python -m recipes.ct.bundle "$data" "$runs/run" "$runs/bundle" --version 0
tail -n 1 "$runs/run/log.tsv"
