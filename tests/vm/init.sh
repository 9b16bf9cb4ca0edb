#!/bin/busybox sh
# shellcheck shell=dash
# The initial RAM disk's only program: loads what the root disk needs and hands over to it.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
for module in /modules/*; do insmod "$module"; done
until [ -b /dev/vda ]; do usleep 20000; done
mount -t ext4 /dev/vda /root
umount /sys /proc /dev
exec switch_root /root /sbin/init
