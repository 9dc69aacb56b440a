#!/bin/sh
# run.sh BINARIES [FOLDER]: builds the machine, runs the scenario in it, and ends with its verdict.
# Needs Debian 12 with qemu-system-x86, python3-pip, cpio and kmod. STEPS=silence,kill takes some steps of the scenario alone;
# UNITS=1 starts bus, bluetoothd and gateway under systemd, with their units.
# Leaves console.txt and log.tar.gz (ledger, logs of every program) in FOLDER.
set -eu
here=$(dirname "$0")
folder=${2:-target/vm}
"$here/build.sh" "$1" "$folder"
qemu-system-x86_64 -accel "${ACCEL:-tcg}" -cpu "${CPU:-max}" -smp "${CPUS:-2}" -m 1536 -display none -no-reboot -nic none \
    -kernel "$folder/vmlinuz" -initrd "$folder/initramfs" -append "console=ttyS0 loglevel=${LOGLEVEL:-4} panic=-1 systemd.firstboot=off systemd.show_status=0 ${STEPS:+STEPS=$STEPS} ${UNITS:+UNITS=$UNITS}" \
    -serial "file:$folder/console.txt" -serial "file:$folder/log.tar.gz" -monitor none &
qemu=$!
trap 'kill $qemu' INT TERM
wait $qemu
tr -d '\r' < "$folder/console.txt"
grep -q '^VERDICT: ok' "$folder/console.txt"
