# SPDX-License-Identifier: Apache-2.0
"""A small Azure in network namespaces, and what is proved on it. README.md has the map."""
