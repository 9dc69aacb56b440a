#!/bin/sh
# Builds the machine: a Debian kernel and one initramfs with bluetoothd, dbus-daemon, Bumble and Foulée. Debian 12, no root.
# build.sh BINARIES FOLDER: BINARIES holds foulee and foulee-gateway, FOLDER takes what is made. What comes from packages is
# made once; delete FOLDER to make it again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=$(cd "$1" && pwd)
mkdir -p "$2/debs"
cd "$2"
if [ ! -f made ]; then
    kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    packages="$kernel bluez dbus-daemon dbus-system-bus-common tzdata busybox-static
        python3.11-minimal libpython3.11-minimal libpython3.11-stdlib
        libapparmor1 libasound2 libaudit1 libbz2-1.0 libc6 libcap-ng0 libcap2 libdbus-1-3 libdw1 libelf1 libexpat1 libffi8
        libgcc-s1 libgcrypt20 libglib2.0-0 libgpg-error0 liblz4-1 liblzma5 libpcre2-8-0 libselinux1 libssl3 libsystemd0 libudev1
        libuuid1 libzstd1 zlib1g
        dbus systemd libsystemd-shared libacl1 libargon2-1 libblkid1 libcrypt1 libcryptsetup12 libdevmapper1.02.1 libfdisk1
        libip4tc2 libjson-c5 libkmod2 libmount1 libp11-kit0 libpam0g libseccomp2 libsmartcols1"
    rm -rf root kernel
    mkdir root kernel
    (cd debs && apt-get download $packages)
    for package in $packages; do
        into=root
        [ "$package" = "$kernel" ] && into=kernel
        dpkg-deb -x debs/"$package"_*.deb $into
    done
    rm -rf root/usr/share/doc root/usr/share/man root/usr/share/locale

    version=$(ls kernel/lib/modules)
    modules=lib/modules/$version
    mkdir -p "root/$modules/kernel"
    for part in crypto lib net/bluetooth net/rfkill drivers/bluetooth arch/x86/crypto drivers/hid; do
        (cd "kernel/$modules/kernel" && find $part -name '*.ko' | cpio --quiet -pdm "$OLDPWD/root/$modules/kernel")
    done
    cp kernel/$modules/modules.builtin kernel/$modules/modules.order "root/$modules/"
    /sbin/depmod -b root "$version"
    cp "kernel/boot/vmlinuz-$version" vmlinuz

    python3 -m pip install --quiet --disable-pip-version-check --target root/usr/lib/bumble --python-version 3.11 \
        --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 --only-binary=:all: bumble==0.0.236
    touch made
fi

cp "$binaries/foulee" "$binaries/foulee-gateway" root/usr/bin/
mkdir -p root/usr/share/dbus-1/system.d
cp "$here/../../gateway/foulee-gateway.dbus.conf" root/usr/share/dbus-1/system.d/
mkdir -p root/etc/systemd/system root/etc/foulee-gateway
cp "$here/../../gateway/foulee-gateway.service" root/etc/systemd/system/
cp "$here/peripherals.py" "$here/scenario.py" "$here/judge.py" root/usr/lib/
cat > root/etc/passwd <<END
root:x:0:0::/root:/bin/sh
messagebus:x:100:100::/:/bin/sh
foulee-gateway:x:101:101::/var/lib/foulee-gateway:/bin/sh
END
printf 'root:x:0:\nmessagebus:x:100:\nfoulee-gateway:x:101:\nbluetooth:x:102:foulee-gateway\n' > root/etc/group
mkdir -p root/proc root/sys root/dev root/run/dbus root/tmp root/root root/var/lib/bluetooth root/var/lib/foulee-gateway
chmod 700 root/var/lib/bluetooth
ln -sfn /run root/var/run
cat > root/init <<END
#!/bin/busybox sh
/bin/busybox mkdir -p /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev; mount -t tmpfs none /tmp
ip link set lo up
modprobe hci_vhci; modprobe -a ecb cmac algif_skcipher algif_hash uhid 2> /tmp/modprobe
[ -n "\$UNITS" ] || exec /usr/lib/scenario.sh \$STEPS
# systemd cannot change the root of an initramfs, as the unit's sandbox needs it.
mkdir /new; mount -t tmpfs -o size=80% none /new
cp -a /bin /etc /lib /lib64 /root /sbin /usr /var /new; mkdir -p /new/proc /new/sys /new/dev /new/run /new/tmp
echo "STEPS=\$STEPS" > /new/etc/steps
exec switch_root /new /lib/systemd/systemd
END
cat > root/usr/lib/scenario.sh <<END
#!/bin/busybox sh
export TZ=Europe/Paris PATH=/usr/bin:/bin:/usr/sbin:/sbin PYTHONPATH=/usr/lib/bumble PYTHONDONTWRITEBYTECODE=1 HOME=/root
python3.11 -u /usr/lib/scenario.py \$(uname -r) \$STEPS
stty -F /dev/ttyS1 raw; tar cf - -C /tmp log | gzip > /dev/ttyS1
sync; poweroff -f
END
cat > root/etc/systemd/system/scenario.service <<END
[Unit]
Requires=dbus.socket
After=dbus.socket basic.target
[Service]
EnvironmentFile=/etc/steps
ExecStart=/usr/lib/scenario.sh
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
END
echo 0123456789abcdef0123456789abcdef > root/etc/machine-id
printf '[Unit]\nRequires=basic.target scenario.service\n' > root/etc/systemd/system/default.target
chmod +x root/init root/usr/lib/scenario.sh
python3 -m compileall -q root/usr/lib/bumble > /dev/null 2>&1 || true
(cd root && find . | cpio --quiet -o -H newc -R 0:0) > initramfs
ls -l vmlinuz initramfs
