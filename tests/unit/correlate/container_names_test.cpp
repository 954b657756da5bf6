// SPDX-License-Identifier: Apache-2.0
#include "correlate/container_names.h"

#include <gtest/gtest.h>

#include <string>

#include "proc_tree.h"

namespace egresswatch::correlate {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(ContainerNames, DockerHasThemWithASlash) {
  EXPECT_EQ(docker_name(R"({"ID": "0123", "Name": "/web", "State": {"Running": true}})"), "web");
  EXPECT_EQ(docker_name(R"({"ID": "0123"})"), std::nullopt);
  EXPECT_EQ(docker_name(R"({"Name": 7})"), std::nullopt);
  EXPECT_EQ(docker_name(R"({"Name": "/"})"), std::nullopt);
}

TEST(ContainerNames, PodmanHasAListOfAll) {
  const std::string containers =
      R"([{"id": "other", "names": ["x"]}, {"id": ")" + kId + R"(", "names": ["db", "old"]}])";
  EXPECT_EQ(libpod_name(containers, kId), "db");
  EXPECT_EQ(libpod_name(containers, "missing"), std::nullopt);
  EXPECT_EQ(libpod_name(R"([{"id": "a", "names": []}])", "a"), std::nullopt);
  EXPECT_EQ(libpod_name(R"([1, {"id": "a"}])", "a"), std::nullopt);
}

TEST(ContainerNames, KubernetesHasNamespacePodAndContainer) {
  EXPECT_EQ(kubernetes_name(R"({"annotations": {"io.kubernetes.cri.sandbox-namespace": "payroll",
      "io.kubernetes.cri.sandbox-name": "sync-7d9", "io.kubernetes.cri.container-name": "app"}})"),
            "payroll/sync-7d9/app");
  EXPECT_EQ(kubernetes_name(R"({"annotations": {"io.kubernetes.pod.namespace": "payroll",
      "io.kubernetes.pod.name": "sync-7d9", "io.kubernetes.container.name": "app"}})"),
            "payroll/sync-7d9/app");
  EXPECT_EQ(kubernetes_name(R"({"annotations": {"io.kubernetes.pod.name": "sync"}})"), "sync");
  EXPECT_EQ(kubernetes_name(R"({"annotations": {}})"), std::nullopt);
  EXPECT_EQ(kubernetes_name(R"({"annotations": []})"), std::nullopt);
}

TEST(ContainerNames, WhatIsNoJsonNamesNothing) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("7"), deep}) {
    EXPECT_EQ(docker_name(text), std::nullopt) << text;
    EXPECT_EQ(libpod_name(text, kId), std::nullopt) << text;
    EXPECT_EQ(kubernetes_name(text), std::nullopt) << text;
  }
}

TEST(ContainerNames, NamesArePrintableAndBounded) {
  EXPECT_EQ(docker_name("{\"Name\": \"/a\\u001b[31m\\nb\"}"), "a?[31m?b");
  EXPECT_EQ(docker_name("{\"Name\": \"" + std::string(1000, 'a') + "\"}").value_or("").size(), 255U);
}

TEST(ContainerNames, EachRuntimeHasItsFiles) {
  const test::ProcTree tree;
  const std::string root = tree.proc();
  EXPECT_EQ(container_name(root, ContainerRuntime::docker, kId), std::nullopt);
  tree.write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name": "/web"})");
  tree.write("var/lib/containers/storage/overlay-containers/volatile-containers.json",
             R"([{"id": ")" + kId + R"(", "names": ["db"]}])");
  tree.write("run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json",
             R"({"annotations": {"io.kubernetes.cri.container-name": "app"}})");
  EXPECT_EQ(container_name(root, ContainerRuntime::docker, kId), "web");
  EXPECT_EQ(container_name(root, ContainerRuntime::libpod, kId), "db");
  EXPECT_EQ(container_name(root, ContainerRuntime::containerd, kId), "app");
  EXPECT_EQ(container_name(root, ContainerRuntime::kubepods, kId), "app");
  EXPECT_EQ(container_name(root, ContainerRuntime::crio, kId), std::nullopt);
  tree.write("run/containers/storage/overlay-containers/" + kId + "/userdata/config.json",
             R"({"annotations": {"io.kubernetes.container.name": "proxy"}})");
  EXPECT_EQ(container_name(root, ContainerRuntime::crio, kId), "proxy");
  EXPECT_EQ(container_name(root, ContainerRuntime::none, kId), std::nullopt);
}

}  // namespace
}  // namespace egresswatch::correlate
