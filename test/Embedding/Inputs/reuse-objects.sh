#!/bin/sh
# A compiler launcher. Objects of dagrt's own that the build in $DAGRT_BUILD has made are taken
# from there; all else is compiled, and one file of dagrt always, with the flags it gets here.
previous= output=
for argument; do
  [ "$previous" != -o ] || output=$argument
  previous=$argument
done
built=$DAGRT_BUILD/${output#dagrt/}
case $output in
  dagrt/*/Transfer.cpp.o) ;;
  dagrt/*) [ ! -e "$built" ] || exec cp "$built" "$output" ;;
esac
exec "$@"
