#!/bin/sh
# Makes a folder the root of this mount namespace and becomes the command in it:
#   enter.sh <cgroup.procs> <root> <ro|rw> <uid> <gid> <bytes of /tmp> <working folder> <mounts> <volumes> <command...>
# A line of <mounts> is "<from>:<to>": what a container shares with this machine, read-only. A line of <volumes> is a folder of
# the root that can be written to.
set -eu
group=$1 root=$2 mode=$3 uid=$4 gid=$5 tmp=$6 folder=$7 mounts=$8 volumes=$9
shift 9
echo 0 > "$group"
mount --bind "$root" "$root"
echo "$mounts" | while IFS=: read -r from to; do
  [ -n "$from" ] || continue
  mount --bind "$from" "$root$to"
  mount -o remount,bind,ro "$root$to"
done
echo "$volumes" | while read -r volume; do
  [ -n "$volume" ] || continue
  mount --bind "$root$volume" "$root$volume"
done
mount -t proc proc "$root/proc"
for device in null zero random urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o "remount,bind,$mode" "$root"
[ "$tmp" -eq 0 ] || mount -t tmpfs -o "size=$tmp,mode=1777" tmpfs "$root/tmp"
unset PWD OLDPWD
exec unshare --root "$root" --wd "$folder" --setgid "$gid" --setuid "$uid" -- "$@"
