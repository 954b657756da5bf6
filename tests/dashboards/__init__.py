# SPDX-License-Identifier: Apache-2.0
"""The dashboards: a lint, every expression, every panel."""
