#!/bin/sh
# Checks and times every GPU engine that this machine can run; prints JSON lines. Needs nothing but this folder and the
# driver of the GPU. Arguments: see README.md.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd) || exit 1

add_libraries() {
  LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib/$1"
  export LD_LIBRARY_PATH
}

# The machine's own libraries first: those of the driver may need newer ones than were packed.
"$here/node" --eval 0 2>/dev/null || add_libraries node
for addon in "$here"/node_modules/@foretoken/engine-*/foretoken.node; do
  [ ! -e "$addon" ] || "$here/node" --eval 'require(process.argv[1])' "$addon" 2>/dev/null || add_libraries node
done
{ /sbin/ldconfig -p || ldconfig -p; } 2>/dev/null | grep -q 'libvulkan\.so\.1' || add_libraries vulkan

# Drivers that were put aside in a container.
if [ -z "$VK_DRIVER_FILES$VK_ICD_FILENAMES" ]; then
  found=
  for file in /etc/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json; do
    [ -e "$file" ] && found=yes
  done
  for file in /usr/local/*/share/vulkan/icd.d/*.json; do
    if [ -z "$found" ] && [ -e "$file" ]; then
      VK_DRIVER_FILES="${VK_DRIVER_FILES:+$VK_DRIVER_FILES:}$file"
      export VK_DRIVER_FILES
    fi
  done
fi

cd "$here" || exit 1
exec ./node main.mjs "$@"
