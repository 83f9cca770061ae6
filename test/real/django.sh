#!/bin/sh
# A guest book in Debian's Django on 127.0.0.1 for a test: django.sh PORT FOLDER. Prints "ready" once it answers; FOLDER/sql looks into its
# database. `django.sh --check` says what is missing.
set -eu
if ! /usr/bin/python3 -c 'import django' 2>/dev/null; then
  echo 'not installed: apt-get install python3-django' >&2
  exit 1
fi
[ "${1:-}" = --check ] && exit 0
port=$1
folder=$2
cat >"$folder/sql" <<END
#!/usr/bin/python3
import sqlite3, sys
for row in sqlite3.connect("$folder/db.sqlite3").execute(sys.argv[1]):
    print(*row, sep="\t")
END
chmod +x "$folder/sql"
exec /usr/bin/python3 "$(dirname "$0")/guestbook.py" "$port" "$folder"
