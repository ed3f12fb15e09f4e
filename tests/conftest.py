# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""
