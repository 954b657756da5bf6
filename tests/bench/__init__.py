# SPDX-License-Identifier: Apache-2.0
"""What the daemon costs; `run` measures it."""
