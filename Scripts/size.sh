#!/usr/bin/env bash
# Lines per room; fails on a file that is too long to read in one sitting.
set -euo pipefail
cd "$(dirname "$0")/.."

LIMIT=400

git ls-files 'Sources/*.swift' 'Sources/*.[ch]' 'Tests/*.swift' 'Examples/*.swift' 'Tests/*.py' 'Fixtures/*.py' 'Recorder/*.py' |
  while IFS= read -r file; do [ -f "$file" ] && echo "$(wc -l <"$file") $file"; done |
  awk -v limit="$LIMIT" '
    { split($2, part, "/"); room = part[1] "/" (part[3] == "" ? "" : part[2])
      lines[room] += $1; files[room]++
      if ($1 > limit) { long = long "\n" $2 ": " $1 " lines, over " limit } }
    END { for (room in lines) printf "%6d lines %4d files  %s\n", lines[room], files[room], room | "sort -k5"
          close("sort -k5")
          if (long != "") { print substr(long, 2) > "/dev/stderr"; exit 1 } }'
