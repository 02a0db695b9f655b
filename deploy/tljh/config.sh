#!/usr/bin/env bash
# The Littlest JupyterHub for 30 to 100 students on one server (Ubuntu 22.04 or 24.04).
# 100 students: 64 GB and 16 cores or more. Run as root, from the root of this repository, after
# TLJH 2.0 is installed: https://tljh.jupyter.org/en/latest/install/custom-server.html
set -euo pipefail

host=${1:?"usage: config.sh HOST EMAIL, such as config.sh hub.example.org teacher@example.org"}
email=${2:?"usage: config.sh HOST EMAIL"}
user=/opt/tljh/user

# The students' environment: the book's lock, with hashes, in an environment beside TLJH's own, so
# that TLJH's packages stay as they are. It becomes the kernel "Python 3" of all users.
# python3.11 or newer must be there (apt-get install python3-venv).
python3 tools/check_python.py
python3 -m venv /opt/lmlab
/opt/lmlab/bin/pip install --quiet uv==0.13.9
/opt/lmlab/bin/uv pip sync --require-hashes --compile-bytecode --python /opt/lmlab/bin/python \
  requirements.txt requirements-node.txt
/opt/lmlab/bin/pip install --quiet --no-deps .
/opt/lmlab/bin/python -m ipykernel install --prefix "$user" --name python3 --display-name "Python 3"

# per student: 2 GB and two cores at most (0.42 GB measured with Keras imported)
tljh-config set limits.memory 2G
tljh-config set limits.cpu 2
# a server that nobody has used for an hour is ended; look every ten minutes
tljh-config set services.cull.enabled True
tljh-config set services.cull.timeout 3600
tljh-config set services.cull.every 600
tljh-config set user_environment.default_app jupyterlab

# encryption: the certificate comes by itself; port 80 and 443 must be open
tljh-config set https.enabled true
tljh-config set https.letsencrypt.email "$email"
tljh-config add-item https.letsencrypt.domains "$host"

# each student chooses a password at the first log-in; only listed names get in:
#   tljh-config add-item users.allowed s1021
tljh-config set auth.type firstuseauthenticator.FirstUseAuthenticator
tljh-config set auth.FirstUseAuthenticator.create_users false

# the students' notebooks, read-only, in every home folder that is made from now on
install -d -m 755 /srv/labs /etc/skel
if [ -d _build/labs/release ]; then cp -r _build/labs/release/. /srv/labs/; fi
ln -sfn /srv/labs /etc/skel/labs

tljh-config reload proxy
tljh-config reload
