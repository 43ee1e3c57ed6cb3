#!/usr/bin/env bash
# A real Slurm of one node on this machine, for trying and testing: daemons, key, ports and logs in a folder of its own.
#   scripts/cluster/one-node-slurm.sh FOLDER COMMAND [ARGUMENT …]
# runs the command with sbatch, srun and the like talking to it, and ends it afterwards. Needs slurm-wlm and munge, and root.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
chmod 755 "$folder"
host=$(hostname -s)
dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 400 "$folder/munge.key"
ports=$((30000 + RANDOM % 10000))

cat >"$folder/slurm.conf" <<CONF
ClusterName=mtt
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldPort=$ports
SlurmdPort=$((ports + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=3600
NodeName=$host CPUs=4 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=60
PartitionName=high Nodes=ALL PriorityTier=10
CONF
mkdir -p "$folder/state" "$folder/spool"
export SLURM_CONF=$folder/slurm.conf

pids=()
end() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    # They still write in the folder while they end.
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  done
}
# The folder may be gone before this script ends, so who is to be ended is remembered.
remember() {
  until [ -s "$folder/$1.pid" ]; do sleep 0.05; done
  pids=("$(cat "$folder/$1.pid")" "${pids[@]}")
}
trap end EXIT
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" --num-threads=2 2>"$folder/munged.err"
remember munged
slurmctld
remember slurmctld
slurmd
remember slurmd
for _ in $(seq 100); do
  [ "$(sinfo -h -p low -o %t 2>/dev/null)" != idle ] || break
  sleep 0.2
done
"${@:2}"
