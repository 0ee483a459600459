#!/bin/bash
# Makes tests/fixtures/images/vex.tar.zst: images with a bill by the key `release` and OpenVEX by the key `supplier`, in
# both formats of the real cosign.
# usage: COSIGN=/path/to/cosign tools/images/make-vex.sh OUTDIR
# needs: docker-registry, skopeo, python3, zstd; half a minute. Keys are new each time, digests of images stay.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); fixtures=$here/../../tests/fixtures/images
out=${1:?usage: COSIGN=cosign tools/images/make-vex.sh OUTDIR}; mkdir -p "$out/vex-keys"; out=$(cd "$out" && pwd)
cosign=$(command -v "${COSIGN:-cosign}"); reg=127.0.0.1:${REG_PORT:-5079}
work=$(mktemp -d); export COSIGN_PASSWORD=""
cat > "$work/registry.yml" <<Y
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/store}, delete: {enabled: true}}
http: {addr: $reg}
Y
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 & registry=$!
trap 'kill $registry; rm -rf "$work"' EXIT
until curl -sf -o /dev/null "http://$reg/v2/"; do sleep 0.2; done

for key in release supplier; do
  "$cosign" generate-key-pair --output-key-prefix "$work/$key" > /dev/null 2>&1
  cp "$work/$key.pub" "$out/vex-keys/$key.pub"
done
cat > "$work/vex.json" <<Y
{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://supplier.example/vex/1", "author": "Supplier",
 "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{"vulnerability": {"name": "CVE-2021-44228"},
 "products": [{"@id": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}], "status": "not_affected",
 "justification": "vulnerable_code_not_in_execute_path"}]}
Y
for format in bundle legacy; do
  # An OCI layout of one small image.
  python3 - "$work/$format" "$format" <<'Y'
import gzip, hashlib, io, json, os, sys, tarfile
folder, name = sys.argv[1:]
os.makedirs(folder + "/blobs/sha256")
def put(content):
    digest = hashlib.sha256(content).hexdigest()
    open(f"{folder}/blobs/sha256/{digest}", "wb").write(content)
    return {"digest": "sha256:" + digest, "size": len(content)}
text, layer = f"vex {name}\n".encode(), io.BytesIO()
with tarfile.open(fileobj=layer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
    file = tarfile.TarInfo("case.txt"); file.size = len(text); file.mtime = 1700000000
    tar.addfile(file, io.BytesIO(text))
layer = layer.getvalue(); dump = lambda value: json.dumps(value).encode()
config = put(dump({"architecture": "amd64", "os": "linux", "created": "2023-11-14T22:13:20Z", "config": {"Cmd": ["/case.txt"]},
  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}))
image = "application/vnd.oci.image.manifest.v1+json"
manifest = put(dump({"schemaVersion": 2, "mediaType": image,
  "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
  "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **put(gzip.compress(layer, mtime=0))}]}))
manifest = {"mediaType": image, **manifest, "annotations": {"org.opencontainers.image.ref.name": "v1"}}
open(folder + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
open(folder + "/index.json", "wb").write(dump({"schemaVersion": 2, "manifests": [manifest]}))
Y
  skopeo copy --quiet --dest-tls-verify=false "oci:$work/$format:v1" "docker://$reg/vex/$format:v1"
  digest=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$work/$format/index.json")
  ref=$reg/vex/$format@$digest; old=(); [ $format = bundle ] || old=(--new-bundle-format=false)
  common=(--use-signing-config=false --tlog-upload=false "${old[@]}" -y)
  "$cosign" sign --key "$work/release.key" "${common[@]}" "$ref" 2> /dev/null
  "$cosign" attest --key "$work/release.key" --type cyclonedx --predicate "$fixtures/predicates/cyclonedx.json" "${common[@]}" "$ref" 2> /dev/null
  "$cosign" attest --key "$work/supplier.key" --type openvex --predicate "$work/vex.json" "${common[@]}" "$ref" 2> /dev/null
  echo "vex/$format@$digest"
done
tar -C "$work/store" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner --exclude=_uploads -cf - docker | zstd -19 -q -f -o "$out/vex.tar.zst"
ls -l "$out/vex.tar.zst"
