#!/bin/sh
# Makes what the containers keep from each other and from the world: one file a secret, random, in a folder that only its owner may enter.
# What exists is kept, so it may run again. Compose reads the folder deploy/secrets; Kubernetes takes the same files:
#   kubectl -n palpite create secret generic palpite --from-file=deploy/secrets
# Usage: deploy/make-secrets.sh [folder]
set -eu
folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
# The folder is closed, the files in it are not: a container's process has another user than you, and Compose mounts files as they are.
chmod 700 "$folder"

secret() {
  [ -s "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
  chmod 444 "$folder/$1"
}
random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

secret database_password "$(random)"
secret database_url "postgres://palpite:$(cat "$folder/database_password")@postgres:5432/palpite"
secret redis_conf "requirepass $(random)"
secret redis_url "redis://:$(sed -n 's/^requirepass //p' "$folder/redis_conf")@redis:6379"
secret internal_token "$(random)"
secret grafana_password "$(random)"
echo "Secrets are in $folder: keep a copy of them in a safe place."
