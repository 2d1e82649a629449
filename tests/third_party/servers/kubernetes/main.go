// etcd and a Kubernetes API server in one process, as their modules have them: a real server for the tests to
// talk to. Nothing here is part of Credenza itself. usage: kube DIR OPTIONS-OF-KUBE-APISERVER
package main

import (
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	etcd := embed.NewConfig()
	etcd.Dir = os.Args[1] + "/etcd"
	etcd.LogLevel = "error"
	etcd.UnsafeNoFsync = true
	client, peer := url.URL{Scheme: "unix", Host: "etcd:0"}, url.URL{Scheme: "unix", Host: "peer:0"}
	etcd.ListenClientUrls, etcd.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	etcd.ListenPeerUrls, etcd.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	etcd.InitialCluster = etcd.InitialClusterFromName(etcd.Name)
	started, err := embed.StartEtcd(etcd)
	if err != nil {
		panic(err)
	}
	<-started.Server.ReadyNotify()
	command := app.NewAPIServerCommand()
	command.SetArgs(append(os.Args[2:], "--etcd-servers=unix://etcd:0"))
	os.Exit(cli.Run(command))
}
