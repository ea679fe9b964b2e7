# Logs in to the registry with the role of the build alone.
set -euo pipefail
aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY_URI%%/*}"
