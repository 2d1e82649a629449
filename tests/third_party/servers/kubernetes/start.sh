#!/usr/bin/env bash
# Runs a Kubernetes API server, with its etcd in the same process, on loopback; its data is in WORKDIR.
# usage: start.sh BINARY PORT WORKDIR
# Ready when WORKDIR/kubeconfig is there (contexts admin and writer).
# Becomes the server by exec: the caller's child pid is the server's. Needs bash, curl and openssl.
set -euo pipefail
bin=$1 port=$2 dir=$3
namespace=apps
mkdir -p "$dir"
cd "$dir"
rm -f kubeconfig
umask 077

# A CA, the server's certificate, and clients' certificates: CN is the user, O the group.
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
ca() { # NAME
    key "$1.key"
    openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 2 -out "$1.crt" \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
issue() { # NAME SUBJECT EXTENSIONS
    key "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
        -extfile <(printf '%b' "$3") -out "$1.crt" 2>/dev/null
}
if [ ! -e ca.crt ]; then
    ca ca
    issue server /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n'
    issue admin /O=system:masters/CN=admin 'extendedKeyUsage=clientAuth\n'
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out service-account.key 2>/dev/null
    printf '%s,admin,1,"system:masters"\n%s,writer,2\n' "$(openssl rand -hex 16)" "$(openssl rand -hex 16)" >tokens.csv
fi
admin_token=$(sed -n 1p tokens.csv | cut -d, -f1)
writer_token=$(sed -n 2p tokens.csv | cut -d, -f1)

api() { # PATH [CURL ARGUMENTS]
    local path=$1; shift
    curl -sS --fail-with-body --noproxy '*' --cacert ca.crt -H "Authorization: Bearer $admin_token" \
        "https://127.0.0.1:$port$path" "$@"
}
apply() { api "$1?fieldManager=setup&force=true" -X PATCH -H 'Content-Type: application/apply-patch+yaml' \
    --data-binary @- -o /dev/null; }
b64() { base64 -w0 <"$1"; }
# Runs beside the server: waits until it is ready, and sets it up.
prepare() {
    until [ "$(api /readyz -m 5 2>/dev/null)" = ok ]; do
        kill -0 $$ 2>/dev/null || exit 1
        sleep 0.1
    done

    apply "/api/v1/namespaces/$namespace" <<END
{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$namespace"}}
END
    # The user writer may read and patch secrets in one namespace, but create none.
    rbac=/apis/rbac.authorization.k8s.io/v1/namespaces/$namespace
    apply "$rbac/roles/writer" <<END
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "writer"},
 "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch"]}]}
END
    apply "$rbac/rolebindings/writer" <<END
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "writer"},
 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "writer"},
 "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "writer"}]}
END

    cat >kubeconfig.new <<END
apiVersion: v1
kind: Config
current-context: writer
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:$port
    certificate-authority-data: $(b64 ca.crt)
users:
- name: admin
  user:
    client-certificate-data: $(b64 admin.crt)
    client-key-data: $(b64 admin.key)
- name: writer
  user:
    token: $writer_token
contexts:
- name: admin
  context: {cluster: test, user: admin}
- name: writer
  context: {cluster: test, user: writer, namespace: $namespace}
END
    mv kubeconfig.new kubeconfig
}
prepare &

exec env -i PATH=/usr/bin:/bin HOME="$PWD" TMPDIR="$PWD" "$bin" "$PWD" \
    --bind-address 127.0.0.1 --secure-port "$port" --advertise-address 127.0.0.1 --endpoint-reconciler-type none \
    --tls-cert-file server.crt --tls-private-key-file server.key \
    --client-ca-file ca.crt --token-auth-file tokens.csv --authorization-mode RBAC \
    --service-cluster-ip-range 10.0.0.0/24 --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file service-account.key --service-account-signing-key-file service-account.key \
    --disable-admission-plugins ServiceAccount --profiling=false
