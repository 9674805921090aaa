#!/bin/sh
# run.sh DAEMON VIRSH LIBRARIES SCRIPT DOCUMENTS GUEST ANSWERS
#
# Has VIRSH, on the libraries of a folder, say every line of SCRIPT to a fresh DAEMON. Runs in mount, network and process
# namespaces of its own. What came of line N is in ANSWERS/N.out, N.err and N.code. A line that begins with '!' is
# for the shell, which has no say in the comparison; of one that begins with '~' numbers are not compared.
daemon=$1 virsh=$2 libraries=$3 script=$4 documents=$5 guest=$6 answers=$7
export TZ=UTC LC_ALL=C.UTF-8 HOME=/root
unset VIRSH_DEFAULT_CONNECT_URI LIBVIRT_DEFAULT_URI VIRSH_DEBUG LD_LIBRARY_PATH

mount --make-rprivate /
# The network driver wants the links of this namespace; control groups stay those of the host.
groups=$(mktemp -d)
mount --rbind /sys/fs/cgroup "$groups" && mount -t sysfs sysfs /sys && mount --rbind "$groups" /sys/fs/cgroup
umount -l "$groups"; rmdir "$groups"
abilities=$(mktemp)
tar -cf "$abilities" -C /var/cache/libvirt/qemu capabilities 2>/dev/null
for folder in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/log/swtpm /var/cache/libvirt /root; do
    mkdir -p $folder && mount -t tmpfs -o mode=755 tmpfs $folder || exit 2
done
mkdir -p /run/lock /run/script /var/lib/libvirt/images /var/lib/libvirt/qemu /var/log/libvirt/qemu /etc/libvirt/qemu/networks \
    /var/lib/libvirt/dnsmasq /var/lib/libvirt/boot /var/cache/libvirt/qemu
tar -xf "$abilities" -C /var/cache/libvirt/qemu 2>/dev/null; rm "$abilities"
cp "$documents"/* /run/script/
cp "$guest"/vmlinuz "$guest"/initrd /var/lib/libvirt/boot/
cat >/etc/libvirt/qemu.conf <<'END'
user = "root"
group = "root"
stdio_handler = "file"
security_driver = "none"
END
# Both keep the guest's files here, which neither is told of.
printf 'keepalive_interval = -1\n' >/etc/libvirt/libvirtd.conf
ip link set lo up

cd /run/script || exit 2
$daemon >"$answers/daemon.log" 2>&1 & pid=$!
for turn in $(seq 600); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.1; done
[ -S /run/libvirt/libvirt-sock ] || { cat "$answers/daemon.log" >&2; exit 2; }
number=0
while IFS= read -r line; do
    number=$((number + 1))
    case $line in
    '' | '#'*) ;;
    '!'*) timeout 60 sh -c "${line#!}" >"$answers/$number.shell" 2>&1 </dev/null ;;
    *)
        LD_LIBRARY_PATH=$libraries timeout 60 "$virsh" -c qemu:///system "${line#\~}" \
            >"$answers/$number.out" 2>"$answers/$number.err" </dev/null
        echo $? >"$answers/$number.code"
        ;;
    esac
done <"$script"
kill $pid 2>/dev/null || echo "$daemon has ended early: $(tail -3 "$answers/daemon.log")" >&2
exit 0
