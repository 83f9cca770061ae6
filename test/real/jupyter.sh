#!/bin/sh
# Starts Debian's Jupyter Notebook on 127.0.0.1 for a test: jupyter.sh PORT FOLDER PASSWORD. All it writes is in FOLDER.
set -eu
port=$1
folder=$2
export HOME="$folder" JUPYTER_RUNTIME_DIR="$folder/runtime" JUPYTER_CONFIG_DIR="$folder/config" JUPYTER_DATA_DIR="$folder/data"
export IPYTHONDIR="$folder/ipython"
mkdir -p "$folder/files" "$folder/runtime" "$folder/config"
# Debian's Python, whichever else is on the path.
hash=$(/usr/bin/python3 -c 'import sys; from notebook.auth import passwd; print(passwd(sys.argv[1], "sha256"))' "$3")
exec jupyter-notebook --no-browser --allow-root --ip=127.0.0.1 --port="$port" --port-retries=0 \
  --notebook-dir="$folder/files" --NotebookApp.token= --NotebookApp.password="$hash"
