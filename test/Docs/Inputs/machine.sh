# Fills the directory $1 with the commands of a machine that has everything but ninja, and with an
# apt that fails.
for command in bash env dirname readlink cat sort true not cmake g++ python3; do
  ln -s "$(type -P "$command")" "$1/$command"
done
ln -s true "$1/mpirun"
ln -s true "$1/mpicc"
printf '#!/bin/sh\necho apt-get "$@" >&2\nexit 100\n' >"$1/apt-get"
printf '#!/bin/sh\nexit 0\n' >"$1/apt-cache"
chmod +x "$1/apt-get" "$1/apt-cache"
printf '#!/bin/sh\necho 0\n' >"$1/id"
chmod +x "$1/id"
