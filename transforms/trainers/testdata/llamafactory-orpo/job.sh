#!/bin/bash
#SBATCH --job-name=decoy-orpo
#SBATCH --output=slurm-%j.log
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus=1
#SBATCH --partition=gpu
#SBATCH --time=02:00:00
# Rendered by decoy train. The job measures again: export or model may have changed
# since, and no trainer may truncate.
set -euo pipefail
python3 /runs/one/scripts/prepare_model.py --model /models/coder --out /runs/one/model --stop '<|endoftext|>' --stop-id 151643 --pad '<|fim_pad|>' --pad-id 151662
python3 /runs/one/scripts/check_lengths.py --model /runs/one/model --out /runs/one/lengths.json --limit 777 --stop-id 151643 --sft '/out/export/trl/sft/*-*.parquet' --pairs '/out/export/trl/pairs/*-*.parquet'
python3 -m torch.distributed.run --standalone --nproc_per_node 1 -m llamafactory.launcher /runs/one/llamafactory.yaml
