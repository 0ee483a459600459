#!/bin/bash
# How long `goldgate image verify` of one image with a key's signature takes, and how much memory, against the real cosign:
# whole processes, nothing kept from before, in turns, Debian's registry with the images of the tests on loopback.
# usage: COSIGN=/path/to/cosign [GOLDGATE=target/dist/goldgate] [RUNS=20] tools/images/compare.sh
# needs: docker-registry, python3, zstd.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); fixtures=$here/../../tests/fixtures/images
cosign=$(command -v "${COSIGN:-cosign}"); goldgate=$(realpath "${GOLDGATE:-$here/../../target/dist/goldgate}")
reg=127.0.0.1:${REG_PORT:-5076}; work=$(mktemp -d)
mkdir "$work/store"; zstd -dcq "$fixtures/images.tar.zst" | tar -x -C "$work/store"
cat > "$work/registry.yml" <<Y
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/store}}
http: {addr: $reg}
Y
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 & registry=$!
trap 'kill $registry; rm -rf "$work"' EXIT
until curl -sf -o /dev/null "http://$reg/v2/"; do sleep 0.2; done
cat > "$work/images.yaml" <<Y
authorities:
  release: {key: {pemFile: $(realpath "$fixtures")/test-keys/release.pub}}
rules:
  - {name: all, images: ["**"], signatures: {anyOf: [release]}}
registries: {allow: ["$reg"], hosts: {"$reg": {plainHttp: true, allowPrivateAddresses: true}}}
Y
cd "$work"
python3 - "${RUNS:-20}" "$goldgate" "$cosign" "$reg/cases/sig-legacy-p256:v1" "$(realpath "$fixtures")/test-keys/release.pub" <<'Y'
import os, shutil, statistics, subprocess, sys, time
runs, goldgate, cosign, image, key = sys.argv[1:]
environment = {"HOME": os.getcwd(), "PATH": os.environ["PATH"]}
commands = {
    "goldgate": [goldgate, "image", "verify", image, "--images", "images.yaml", "--data", "data"],
    "cosign": [cosign, "verify", "--key", key, "--insecure-ignore-tlog=true", image],
}
found = {name: ([], [], []) for name in commands}
for run in range(int(runs) + 2):
    for name, command in commands.items():
        shutil.rmtree("data", ignore_errors=True)
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        assert status == 0, f"{name} fails"
        if run >= 2:
            for list_, value in zip(found[name], (took * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_maxrss / 1024)):
                list_.append(value)
medians = {name: [statistics.median(values) for values in lists] for name, lists in found.items()}
for name, (wall, cpu, memory) in medians.items():
    print(f"{name:10} {wall:6.1f} ms  {cpu:6.1f} ms of processor  {memory:6.1f} MiB")
ratios = [a / b for a, b in zip(medians["goldgate"], medians["cosign"])]
print("ratio      {:6.2f}     {:6.2f}                  {:6.2f}".format(*ratios))
Y
