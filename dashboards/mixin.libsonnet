// SPDX-License-Identifier: Apache-2.0
(import 'config.libsonnet')
+ (import 'dashboards/dashboards.libsonnet')
+ (import 'alerts/alerts.libsonnet')
+ (import 'rules/rules.libsonnet')
