#!/usr/bin/env bash
# Starts a real S3 server for the tests: a Ceph RADOS Gateway on loopback with one monitor and one object store daemon that
# keeps everything in memory. Checks signatures, preconditions and roles as the real thing does.
#
#   s3-up.sh              starts it and prints KEY=VALUE lines: endpoint, keys, role, folder
#   s3-up.sh down [DIR]   stops the server of that folder and throws its data away
#
# Environment: S3_DIR (folder, default a new one), S3_PORT (default a free one), S3_OWNER (a process id: when that process
# ends, however it ends, the server is stopped).
set -euo pipefail

service=s3-up
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

if [ "${1:-}" = down ]; then
  down "${2:-${S3_DIR:?name the folder of the server to stop}}"
  exit 0
fi

installed() { { command -v ceph-mon && command -v ceph-osd && command -v radosgw && command -v radosgw-admin && command -v ceph && command -v curl; } >/dev/null; }
install_unless installed ceph-mon ceph-osd radosgw ceph-common curl

key=AKIATESTKEY00000001
secret=testsecretkeytestsecretkey0001

dir=${S3_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/dataplug-s3.XXXXXX")}

start() {
  local port=$1 v1 v2 fsid uuid
  v2=$(free_port); v1=$(free_port)
  while [ "$v1" = "$v2" ]; do v1=$(free_port); done
  mkdir -p "$dir"/{mon,osd/0,rgw,run,log,crash}
  fsid=$(cat /proc/sys/kernel/random/uuid)
  uuid=$(cat /proc/sys/kernel/random/uuid)
  # "ms mon ... mode = crc" and "auth client required = none" belong together: with either missing the gateway never connects.
  cat > "$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon initial members = a
mon host = [v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms bind ipv6 = false
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
crash dir = $dir/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
mon osd nearfull ratio = 0.98
paxos propose interval = 0.02
paxos min wait = 0.005
rgw rados pool pg num min = 8
[mon.a]
mon data = $dir/mon
mon cluster log file = $dir/log/cluster.log
[osd]
osd data = $dir/osd/\$id
osd objectstore = memstore
memstore device bytes = 6442450944
memstore page size = 65536
osd op num shards = 2
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $dir/rgw
rgw thread pool size = 128
rgw enable usage log = false
rgw enable quota threads = false
rgw s3 auth use sts = true
rgw sts key = abcdefghijklmnop
rgw verify ssl = false
CONF
  export CEPH_CONF=$dir/ceph.conf
  {
    monmaptool --create --clobber --addv a "[v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]" --fsid "$fsid" "$dir/monmap"
    ceph-mon --mkfs -i a --monmap "$dir/monmap" -c "$dir/ceph.conf"
    timeout 60 ceph-mon -i a -c "$dir/ceph.conf"
    timeout 60 ceph -c "$dir/ceph.conf" osd new "$uuid"
    timeout 60 ceph-osd -i 0 -c "$dir/ceph.conf" --mkfs --osd-uuid "$uuid"
    timeout 60 ceph-osd -i 0 -c "$dir/ceph.conf"
    timeout 60 radosgw -n client.rgw -c "$dir/ceph.conf"
  } >>"$dir/log/start.log" 2>&1 || return 1
  local up=""
  for _ in $(seq 300); do
    if curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/"; then up=1; break; fi
    sleep .1
  done
  [ -n "$up" ] || return 1
  {
    local admin=(timeout 60 radosgw-admin -c "$dir/ceph.conf" -n client.admin)
    "${admin[@]}" user create --uid=test --display-name=test --access-key=$key --secret=$secret --caps="roles=*;user-policy=*"
    "${admin[@]}" role create --role-name=demo --assume-role-policy-doc='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/test"]},"Action":["sts:AssumeRole"]}]}'
    "${admin[@]}" role-policy put --role-name=demo --policy-name=all --policy-doc='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::*"}]}'
    curl -sS -f --max-time 20 --aws-sigv4 aws:amz:us-east-1:s3 -u $key:$secret "http://127.0.0.1:$port/" \
      --data-urlencode Action=PutUserPolicy --data-urlencode PolicyName=session --data-urlencode UserName=test \
      --data-urlencode 'PolicyDocument={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:GetSessionToken","s3:*"],"Resource":"*"}]}'
  } >>"$dir/log/start.log" 2>&1 || return 1
}

describe() {
  local port=$1
  cat <<OUT
S3_ENDPOINT=http://127.0.0.1:$port
S3_ACCESS_KEY=$key
S3_SECRET_KEY=$secret
S3_ROLE_ARN=arn:aws:iam:::role/demo
S3_DIR=$dir
OUT
}

serve "the S3 server" "${S3_PORT:-}" "${S3_OWNER:-}" "$dir/log/start.log"
