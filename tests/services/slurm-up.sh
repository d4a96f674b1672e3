#!/usr/bin/env bash
# Starts a real Slurm for the tests: a controller and a few nodes that are all this machine, on loopback, with a munge of its own, and
# without accounting.
#
#   slurm-up.sh              starts it and prints KEY=VALUE lines: configuration file (for the variable SLURM_CONF), folder
#   slurm-up.sh down [DIR]   stops the daemons of that folder and throws their data away
#
# Environment: SLURM_DIR (folder, default a new one), SLURM_PORT (the controller's, the nodes take those after it; default free ones),
# SLURM_NODES (2), SLURM_CPUS (what each node pretends to have, 4), SLURM_OWNER (a process id: when that process ends, however it ends,
# all is stopped).
set -euo pipefail
service=slurm-up
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

if [ "${1:-}" = down ]; then
  down "${2:-${SLURM_DIR:?name the folder of the daemons to stop}}"
  exit 0
fi

installed() { command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v sbatch >/dev/null && command -v munged >/dev/null; }
install_unless installed slurm-wlm munge

nodes=${SLURM_NODES:-2}
cpus=${SLURM_CPUS:-4}
dir=${SLURM_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/dataplug-slurm.XXXXXX")}
user=$(id -un)
host=$(hostname -s)

start() {
  local port=$1 i
  mkdir -p "$dir"/{run,state,log,spool}
  chmod 755 "$dir"
  head -c 1024 /dev/urandom > "$dir/munge.key"
  chmod 600 "$dir/munge.key"
  # Every node is a slurmd of its own under a name of its own, with CPUs that need not be there.
  cat > "$dir/slurm.conf" <<CONF
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.sock
CredType=cred/munge
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmdSpoolDir=$dir/spool/%n
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,default_queue_depth=1000,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
MailProg=/bin/true
MinJobAge=300
MaxArraySize=10001
MaxJobCount=20000
KillWait=2
SwitchType=switch/none
MpiDefault=none
NodeName=n[1-$nodes] NodeAddr=127.0.0.1 NodeHostname=$host Port=[$((port + 1))-$((port + nodes))] CPUs=$cpus RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP
CONF
  printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' > "$dir/cgroup.conf"
  export SLURM_CONF=$dir/slurm.conf
  munged --key-file="$dir/munge.key" --socket="$dir/run/munge.sock" --pid-file="$dir/run/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" --force >>"$dir/start.log" 2>&1 || return 1
  slurmctld -f "$dir/slurm.conf" -L "$dir/log/slurmctld.log" >>"$dir/start.log" 2>&1 || return 1
  for i in $(seq "$nodes"); do
    mkdir -p "$dir/spool/n$i"
    slurmd -f "$dir/slurm.conf" -N "n$i" -L "$dir/log/slurmd.n$i.log" >>"$dir/start.log" 2>&1 || return 1
  done
  for _ in $(seq 200); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = "$nodes" ] && return 0
    sleep .1
  done
  return 1
}

describe() {
  cat <<OUT
SLURM_CONF=$dir/slurm.conf
SLURM_DIR=$dir
OUT
}

serve "Slurm" "${SLURM_PORT:-}" "${SLURM_OWNER:-}" "$dir/start.log" "$dir/log/slurmctld.log"
