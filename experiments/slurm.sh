#!/bin/bash
# Shards of an experiment as an array of Slurm jobs, submitted from this repository's folder:
#
#   sbatch experiments/slurm.sh main_lmc --paint_utility_s 1
#   deno task merge result/{0..3} --result-dir result
#
# Slurm queues a job again that it preempts or whose machine fails; one that its time limit or `scancel` ended goes on
# when the same line is submitted again. Where deno is not on the PATH, the variable DENO says where it is.
#
#SBATCH --array=0-3
#SBATCH --requeue
#SBATCH --open-mode=append
# The job is asked to end a minute before its time limit; without "B:" only what srun starts would be asked.
#SBATCH --signal=B:TERM@60

export DENO_NO_UPDATE_CHECK=1
script=experiments/${1:?give a script, such as main_lmc, and its flags}.ts
shift
# exec, for a shell would end at the signal, and Slurm then kills what it started.
exec "${DENO:-deno}" run --no-prompt --allow-read=result,data --allow-write=result --allow-sys=hostname "$script" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --result-dir "result/$SLURM_ARRAY_TASK_ID" "$@"
